"""Sentences about results, computed from them, and no stronger than the intervals allow. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.analyse import ranked
from harness.catalog.workload import HEADLINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.analyse import CellResult, Pair, WorkloadResult
    from harness.catalog.workload import Metric
    from harness.statistics.estimates import Estimate

_NAMED_AT_MOST = 3


def finding(result: WorkloadResult) -> str:
    """Return what the headline case of a workload shows, in a sentence or two."""
    best = ranked(result)
    if not best:
        return unranked(result)
    comparison = result.comparison
    pairs = [pair for pair in result.workload.contrasts if pair in comparison.ratios]
    clauses = [
        contrast(
            pair,
            comparison.ratios[pair],
            result.metric,
            is_different=comparison.differ.get(pair),
        )
        for pair in pairs
    ]
    unsure = not best[0].metrics[result.metric.id].has_interval or any(
        pair not in comparison.differ for pair in pairs
    )
    sentences = ["; ".join(clauses)] if clauses else []
    sentences.append(_best(result))
    text = ". ".join([sentences[0], *(one[:1].upper() + one[1:] for one in sentences[1:])])
    if unsure:
        return f"{text} (too few blocks to be sure)"
    return text


def unranked(result: WorkloadResult) -> str:
    """Return why no contestant can be called best."""
    seen = [one for one in result.headline if one.attempts]
    if seen and all(one.failures for one in seen):
        if any(one.metrics for one in seen):
            return "every contestant failed at least once; see each for how"
    elif seen and result.headline_id != HEADLINE:
        return f"the headline case was not part of the run; see the case {result.headline_id}"
    return "nothing could be measured"


def _best(result: WorkloadResult) -> str:
    """Name the best contestant, and with it all that cannot be told apart from it."""
    best, *others = ranked(result)
    value = best.metrics[result.metric.id]
    shown = units.format_value(value.value, result.metric.unit)
    if not value.has_interval:
        return f"best so far is {best.name} at {shown}"
    names = [cell.name for cell in leaders(result, [best, *others])]
    if len(names) == 1:
        return f"best is {best.name} at {shown}"
    names = few(names)
    return f"best, and not told apart, are {', '.join(names[:-1])} and {names[-1]} at {shown}"


def few(names: Sequence[str]) -> list[str]:
    """Return names as far as a sentence holds them, and how many others there are."""
    if len(names) <= _NAMED_AT_MOST:
        return list(names)
    return [*names[: _NAMED_AT_MOST - 1], f"{len(names) - _NAMED_AT_MOST + 1} others"]


def leaders(result: WorkloadResult, cells: Sequence[CellResult]) -> list[CellResult]:
    """Return the first of the ranked cells, and all that are too close to it to rank."""
    best, *others = cells
    return [
        best,
        *(
            other
            for other in others
            if not result.comparison.is_different(other.contestant, best.contestant)
        ),
    ]


def overall(results: list[WorkloadResult]) -> str:
    """Return what a run shows as a whole: who is best how often, and how far models lie apart.

    Plain implementations only, and without the workloads that measure the workbench itself.
    """
    best: Counter[str] = Counter()
    spreads: list[tuple[float, str]] = []
    unsure = False
    measured = 0
    for result in results:
        cells = ranked(result, plain=True)
        if not cells or result.workload.is_floor:
            continue
        measured += 1
        values = [one.metrics[result.metric.id] for one in cells]
        unsure = unsure or not all(value.has_interval for value in values)
        first = leaders(result, cells) if values[0].has_interval else cells[:1]
        best.update(cell.name for cell in first)
        ends = sorted(value.value for value in values)
        if ends[0] > 0:
            spreads.append((ends[-1] / ends[0], result.workload.title.lower()))
    if not best:
        return "Nothing could be measured yet"
    times = max(best.values())
    names = [model for model in best if best[model] == times]
    where = f" in {times} of {measured} workloads" if measured > 1 else ""
    if len(names) > 1:
        text = f"No model stands out: {len(names)} are best, or not told apart from it{where}"
    else:
        text = f"{names[0]} is best, or not told apart from the best{where}"
    widest, title = max(spreads, default=(0.0, ""))
    if widest > 1:
        text += f"; models differ by up to {units.format_significant(widest, 2)}x ({title})"
    return text + (" (too few blocks to be sure)" if unsure else "")


def contrast(pair: Pair, ratio: Estimate, metric: Metric, *, is_different: bool | None) -> str:
    """Put a ratio of two contestants into words; `ratio` is this over that.

    Only of times is one fast; of others there is as much, or as many.

    `is_different` says whether the difference is real. It is None where there are too few blocks to
    say; then the sentence as a whole says so.
    """
    this, to = (contestant.name for contestant in pair)
    times = f"{units.format_significant(ratio.value, 2)}x"
    if is_different is False:
        return f"{this} and {to} are not told apart ({times})"
    thing = units.column_unit(metric.unit)
    if thing == "bytes":
        return f"{this} against {to}: {times} as much memory"
    if thing not in ("ns", "x"):
        return f"{this} against {to}: {times} as many {thing}"
    if metric.better == "higher" or thing == "x":
        return f"{this} against {to}: {times}"
    if ratio.value > 1:
        return f"{this} against {to}: {times} as long"
    return f"{this} against {to}: {units.format_significant(1 / ratio.value, 2)}x as fast"
