"""Sentences about results, computed from them, and no stronger than the intervals allow. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.analyse import ranked
from harness.catalog.workload import HEADLINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.analyse import CellResult, WorkloadResult
    from harness.analysis.comparison import Pair

_MOST_NAMES = 3  # in a sentence
_LONGEST_TITLE = 90  # characters
_UNSURE = " (too few blocks to be sure)"
_TOO_CLOSE = ", too close to rank"
_MOST_WINNERS = 3  # in the sentence about a whole run


def title(result: WorkloadResult) -> str:
    """Return what the headline case of a workload shows, in one sentence of a figure's title.

    It has as many of the workload's contrasts as fit, those only that are real differences, and
    the leaders. The numbers of the leaders are in the figure.
    """
    name = result.workload.title
    cells = ranked(result)
    if not cells:
        return f"{name}: {why_unranked(result)}"
    is_different = result.comparison.is_different
    clauses = [contrast(result, pair) for pair in _contrasts(result) if is_different(*pair)]
    leading = _leading(result, with_value=False)
    unsure = _UNSURE if _is_unsure(result) else ""
    for count in range(len(clauses), 0, -1):
        for last in (leading, leading.removesuffix(_TOO_CLOSE)):
            text = f"{name}: {'; '.join([*clauses[:count], last])}{unsure}"
            if len(text) <= _LONGEST_TITLE:
                return text
    return f"{name}: {leading}{unsure}"


def finding(result: WorkloadResult) -> str:
    """Return all that the headline case of a workload shows, in a sentence or two."""
    if not ranked(result):
        return why_unranked(result)
    clauses = [contrast(result, pair) for pair in _contrasts(result)]
    text = "; ".join([_leading(result, with_value=True), *clauses])
    return text + (_UNSURE if _is_unsure(result) else "")


def _contrasts(result: WorkloadResult) -> list[Pair]:
    """Return the pairs that the workload file asks to compare and that were measured."""
    return [pair for pair in result.workload.contrasts if pair in result.comparison.ratios]


def _is_unsure(result: WorkloadResult) -> bool:
    """Return whether there are too few blocks to say what is a real difference."""
    best = ranked(result)[0]
    return not best.metrics[result.metric.id].has_interval or any(
        not result.comparison.is_judged(*pair) for pair in _contrasts(result)
    )


def why_unranked(result: WorkloadResult) -> str:
    """Return why no contestant can be called best."""
    seen = [cell for cell in result.headline if cell.attempts]
    if seen and all(cell.failures for cell in seen):
        if any(cell.metrics for cell in seen):
            return "every contestant failed at least once; each says how"
    elif seen and result.headline_id != HEADLINE:
        return f"the headline case was not measured; see the case {result.headline_id}"
    return "nothing could be measured"


def _leading(result: WorkloadResult, *, with_value: bool) -> str:
    """Name the best contestant, with all that are too close to it to rank."""
    cells = ranked(result)
    value = cells[0].metrics[result.metric.id]
    shown = f" ({units.format_value(value.value, result.metric.unit)})" if with_value else ""
    if not value.has_interval:
        return f"{cells[0].name} leads so far{shown}"
    names = [cell.name for cell in leaders(result, cells)]
    if len(names) == 1:
        return f"{names[0]} led{shown}"
    *first, last = abbreviated(names)
    return f"{', '.join(first)} and {last} led{shown}{_TOO_CLOSE}"


def abbreviated(names: Sequence[str]) -> list[str]:
    """Return as many names as a sentence holds, and then how many others there are."""
    if len(names) <= _MOST_NAMES:
        return list(names)
    return [*names[: _MOST_NAMES - 1], f"{len(names) - _MOST_NAMES + 1} others"]


def leaders(result: WorkloadResult, cells: Sequence[CellResult]) -> list[CellResult]:
    """Return the first of the ranked cells, and all that are too close to it to rank."""
    best, *others = cells
    is_different = result.comparison.is_different
    return [
        best,
        *(cell for cell in others if not is_different(cell.contestant, best.contestant)),
    ]


def overall(results: list[WorkloadResult]) -> str:
    """Return what a run shows as a whole: which models lead how many workloads.

    It counts plain implementations only, and leaves out the workloads that measure the workbench.
    A model that is too close to the best to rank leads too.
    """
    wins: Counter[str] = Counter()
    is_unsure = False
    measured = 0
    for result in results:
        cells = ranked(result, plain=True)
        if not cells or result.workload.is_floor:
            continue
        measured += 1
        values = [cell.metrics[result.metric.id] for cell in cells]
        is_unsure = is_unsure or not all(value.has_interval for value in values)
        first = leaders(result, cells) if values[0].has_interval else cells[:1]
        wins.update(cell.name for cell in first)
    if not wins:
        return "Nothing could be measured yet"
    unsure = _UNSURE if is_unsure else ""
    if measured == 1:
        *first_names, last = abbreviated(list(wins))
        listed = f"{', '.join(first_names)} and {last}" if first_names else last
        return f"{listed} led{unsure}"
    (model, most), *others = wins.most_common(_MOST_WINNERS)
    text = f"{model} led or shared the lead in {most} of {measured} workloads"
    text += "".join(f", {name} in {count}" for name, count in others)
    return f"{text}{unsure}"


def contrast(result: WorkloadResult, pair: Pair) -> str:
    """Put the ratio of two contestants into words; the pair must have one.

    Only times are fast or slow, and only latencies are late; other things are as much, or as many.
    Where there are too few blocks to say whether the difference is real, the sentence as a whole
    says so.
    """
    this, to = (contestant.name for contestant in pair)
    ratio, metric = result.comparison.ratios[pair].value, result.metric
    times, inverse = (f"{units.format_significant(value, 2)}x" for value in (ratio, 1 / ratio))
    if result.comparison.is_judged(*pair) and not result.comparison.is_different(*pair):
        return f"{this} measured {times} {to}{_TOO_CLOSE}"
    thing = units.column_unit(metric.unit)
    if thing == "bytes":
        return f"{this} took {times} the memory of {to}"
    if thing not in ("ns", "x"):
        return f"{this} did {times} as many {thing} as {to}"
    if metric.better == "higher" or thing == "x":
        return f"{this} reached {times} of {to}"
    if result.workload.shape == "latency":
        return (
            f"{this} came {times} as late as {to}"
            if ratio > 1
            else f"{this} came {inverse} less late than {to}"
        )
    return (
        f"{this} took {times} as long as {to}"
        if ratio > 1
        else f"{this} ran {inverse} as fast as {to}"
    )
