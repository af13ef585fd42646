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

_MOST_NAMES = 3  # in a sentence
_MOST_WINNERS = 3  # in the sentence about a whole run


def finding(result: WorkloadResult) -> str:
    """Return what the headline case of a workload shows, in a sentence or two."""
    best = ranked(result)
    if not best:
        return why_unranked(result)
    comparison = result.comparison
    pairs = [pair for pair in result.workload.contrasts if pair in comparison.ratios]
    clauses = [contrast(result, pair) for pair in pairs]
    is_unsure = not best[0].metrics[result.metric.id].has_interval or any(
        pair not in comparison.differ for pair in pairs
    )
    text = _leading(result)
    if clauses:
        text = f"{'; '.join(clauses)}. {text[:1].upper()}{text[1:]}"
    return f"{text} (too few blocks to be sure)" if is_unsure else text


def why_unranked(result: WorkloadResult) -> str:
    """Return why no contestant can be called best."""
    seen = [cell for cell in result.headline if cell.attempts]
    if seen and all(cell.failures for cell in seen):
        if any(cell.metrics for cell in seen):
            return "every contestant failed at least once; each says how"
    elif seen and result.headline_id != HEADLINE:
        return f"the headline case was not measured; see the case {result.headline_id}"
    return "nothing could be measured"


def _leading(result: WorkloadResult) -> str:
    """Name the best contestant, with all that are too close to it to rank."""
    cells = ranked(result)
    value = cells[0].metrics[result.metric.id]
    shown = units.format_value(value.value, result.metric.unit)
    if not value.has_interval:
        return f"{cells[0].name} leads so far with {shown}"
    names = [cell.name for cell in leaders(result, cells)]
    if len(names) == 1:
        return f"{names[0]} leads with {shown}"
    *first, last = abbreviated(names)
    return f"{', '.join(first)} and {last} lead with about {shown}, too close to rank"


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
    unsure = " (too few blocks to be sure)" if is_unsure else ""
    if measured == 1:
        *first_names, last = abbreviated(list(wins))
        listed = f"{', '.join(first_names)} and {last}" if first_names else last
        return f"{listed} {'lead' if first_names else 'leads'}{unsure}"
    (model, most), *others = wins.most_common(_MOST_WINNERS)
    text = f"{model} leads or shares the lead in {most} of {measured} workloads"
    text += "".join(f", {name} in {count}" for name, count in others)
    return f"{text}{'' if most == measured else '; no model leads everywhere'}{unsure}"


def contrast(result: WorkloadResult, pair: Pair) -> str:
    """Put the ratio of two contestants into words; the pair must have one.

    Only times are fast or slow, and only latencies are late; of other things there is as much, or
    as many. Where there are too few blocks to say whether the difference is real, the sentence as
    a whole says so.
    """
    this, to = (contestant.name for contestant in pair)
    ratio, metric = result.comparison.ratios[pair].value, result.metric
    times, inverse = (f"{units.format_significant(value, 2)}x" for value in (ratio, 1 / ratio))
    if result.comparison.differ.get(pair) is False:
        return f"{this} measured {times} {to}, too close to rank"
    thing = units.column_unit(metric.unit)
    if thing == "bytes":
        return f"{this} takes {times} as much memory as {to}"
    if thing not in ("ns", "x"):
        return f"{this} does {times} as many {thing} as {to}"
    if metric.better == "higher" or thing == "x":
        return f"{this} reaches {times} of {to}"
    if result.workload.shape == "latency":
        return (
            f"{this} is {times} as late as {to}"
            if ratio > 1
            else f"{this} is {inverse} less late than {to}"
        )
    return (
        f"{this} takes {times} as long as {to}"
        if ratio > 1
        else f"{this} is {inverse} as fast as {to}"
    )
