"""Which model to use for which work: what a run shows, and no more than it shows. Pure.

Each choice is read from measured cells. Contestants that are tied are named together. If any could
be better than the best, the choice is undecided and says so: people act on advice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import client_limited, contrast, why_no_ranking
from harness.analysis.lead import (
    competitors,
    contenders,
    find_better,
    find_lead,
    join_names,
    lead_of,
    representatives,
)
from harness.analysis.run_results import ranked
from harness.catalog.workload import BASELINE, NOT_ADVISED
from harness.statistics import estimates
from harness.statistics.blocks import independent_values
from harness.statistics.verdicts import Verdict, judge_ratios

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.lead import Lead
    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.parts import PlaceChoice

_LEAST_OPTIONS = 2  # with fewer there is nothing to choose from


class Certainty(StrEnum):
    """How much a choice rests on."""

    CLEAR = "clear"  # different from every other option
    TIED = "tied"  # tied with some others, which are named, and different from the rest
    UNDECIDED = "undecided"  # too few blocks, or too much noise, to say


@dataclass(frozen=True)
class Choice:
    """The best option, among all or among those of one language."""

    language: str  # as people write it; empty: among all
    names: tuple[str, ...]  # the best first, then those that are tied with it
    certainty: Certainty
    because: str
    undecided: tuple[str, ...] = ()  # neither tied with the best nor different from it
    better: tuple[str, ...] = ()  # variants and other runtimes that are better than the best

    @property
    def is_decided(self) -> bool:
        """Whether there is a best, or several that are tied."""
        is_alone = bool(self.names) and not self.undecided
        return len(self.names) > 1 or (is_alone and self.certainty is not Certainty.UNDECIDED)

    @property
    def text(self) -> str:
        """The choice in words."""
        better = f"; better still: {join_names(self.better, 'or')}" if self.better else ""
        return self._best + better

    @property
    def _best(self) -> str:
        if not self.names:
            return "undecided"
        if len(self.names) > 1:
            text = f"{join_names(self.names, 'or')} (tied)"
            return f"{text}; undecided: {join_names(self.undecided)}" if self.undecided else text
        if self.undecided:
            return f"undecided between {join_names([*self.names, *self.undecided])}"
        if self.certainty is Certainty.UNDECIDED:
            return f"undecided; so far {self.names[0]}"
        return self.names[0]


@dataclass(frozen=True)
class Aspect:
    """One thing to choose by, and the case in which it was measured."""

    judged_by: str
    workload: str
    case: str
    choices: tuple[Choice, ...]  # among all; then in each language that has none among those


@dataclass(frozen=True)
class Advice:
    """If your work is this, use that, judged by these aspects."""

    work: str
    aspects: tuple[Aspect, ...]

    @property
    def size(self) -> int:
        """How many choices it has."""
        return sum(len(aspect.choices) for aspect in self.aspects)


def advice(analysis: Analysis) -> list[Advice]:
    """Return a row for each kind of work that was measured, in the order of the run.

    What work a workload stands for is written in its file; workloads of the same work share a row.
    """
    language = {
        model: runner.language for runner in analysis.run.runners for model in runner.models
    }
    rows: dict[str, list[Aspect]] = {}
    for result in analysis.workloads.values():
        if result.workload.is_floor:
            continue  # it measures the workbench
        texts = result.workload.advice
        work = texts.work if texts else f"work like “{result.workload.title}”"
        judged_by = texts.judged_by if texts else result.metric.label
        aspects = [*_best_contestants(result, judged_by, language), *_best_places(result)]
        if aspects:
            rows.setdefault(work, []).extend(aspects)
    return [Advice(work, tuple(aspects)) for work, aspects in rows.items()]


def _best_contestants(
    result: WorkloadResult, judged_by: str, language: dict[str, str]
) -> Iterator[Aspect]:
    """Yield the best contestants of the headline case, if any was measured.

    Groups of variants beyond the first are no advice, and neither are models for teaching.
    """
    if not any(cell.attempts for cell in result.headline):
        return
    if limited := client_limited(result.headline):
        names = join_names([cell.name for cell in limited])
        why = f"the load generator limited {names}, so each could have done more"
        choice = Choice("", (), Certainty.UNDECIDED, why)
        yield Aspect(judged_by, result.workload.id, result.headline_id, (choice,))
        if result.by_cpu is not None:
            yield from _best_contestants(result.by_cpu, result.by_cpu.metric.label, language)
        return
    cells = [cell for cell in contenders(result) if cell.cell.model not in NOT_ADVISED]
    if not cells and ranked(result):
        return
    compete, plain = competitors(cells, result.comparison), representatives(cells)
    cells = [cell for cell in cells if cell in compete or cell not in plain]
    choices = [_best(result, "", cells)]
    by_language: dict[str, list[CellResult]] = {}
    named = {*choices[0].names, *choices[0].undecided}
    if choices[0].certainty is not Certainty.UNDECIDED or choices[0].undecided:  # enough blocks
        for cell in cells:
            by_language.setdefault(language.get(cell.cell.model, ""), []).append(cell)
    for name, own in by_language.items():
        is_choice = len(representatives(own)) >= _LEAST_OPTIONS
        if name and is_choice and not {cell.name for cell in own} & named:
            choices.append(_best(result, units.language_name(name), own))
    yield Aspect(judged_by, result.workload.id, result.headline_id, tuple(choices))


def _best(result: WorkloadResult, language: str, cells: list[CellResult]) -> Choice:
    """Return the best of these cells, which are ranked."""
    if not cells:
        failed = all(cell.failures for cell in result.headline if cell.attempts)
        why = "every contestant failed at least once" if failed else why_no_ranking(result)
        return Choice(language, (), Certainty.UNDECIDED, why)
    best, *others = compete = competitors(cells, result.comparison)
    because = [f"{result.metric.label}: {_value(result, best)}"]
    pair = best.contestant, result.workload.baseline
    if pair in result.comparison.ratios:
        because.append(contrast(result, pair))
    if not others:
        because = [because[0], "no other to compare it with"]
        return Choice(language, (best.name,), Certainty.UNDECIDED, "; ".join(because))
    is_judged = result.comparison.is_judged
    if not all(is_judged(other.contestant, best.contestant) for other in others):
        because.append("too few blocks to be sure")
        return Choice(language, (best.name,), Certainty.UNDECIDED, "; ".join(because))
    lead = lead_of(compete, result.comparison)
    because += _best_at_other_sizes(result, compete, lead)
    choice = _choice(language, lead, "; ".join(because))
    return replace(choice, better=find_better(result, cells, best))


def _best_at_other_sizes(
    result: WorkloadResult, compete: list[CellResult], lead: Lead
) -> Iterator[str]:
    """Yield who measured best at other sizes of the work, where the lead is far from it."""
    workload, metric = result.workload, result.metric
    sizes: dict[str, list[str]] = {}  # by the name of the best
    param = workload.sweep.param if workload.sweep else ""
    models = {cell.cell.model for cell in compete}
    for case in workload.cases_along(param) if param else ():
        costs = {
            cell.name: value if metric.better == "lower" else 1 / value
            for cell in result.cases.get(case.id, ())
            if cell.contestant.is_plain and cell.cell.model in models and cell.unranked is None
            if metric.id in cell.metrics and (value := cell.metrics[metric.id].value) > 0
        }
        own = [costs[name] for name in lead.names if name in costs]
        if case.id != result.headline_id and own:
            best = min(costs, key=costs.__getitem__)
            if min(own) > estimates.MARGIN * costs[best]:
                sizes.setdefault(best, []).append(workload.describe_param(case, param))
    others = [f"{best} with {param} = {join_names(at, 'or')}" for best, at in sizes.items()]
    if others:
        yield f"but {', '.join(others)}"


def _choice(language: str, lead: Lead, because: str) -> Choice:
    """Return the choice of a lead."""
    certainty = Certainty.TIED if len(lead.first) > 1 else Certainty.CLEAR
    if lead.undecided:
        certainty = Certainty.UNDECIDED
    return Choice(language, lead.first, certainty, because, lead.undecided)


def _value(result: WorkloadResult, cell: CellResult) -> str:
    """Return the headline metric of a cell, with its interval where it has one."""
    found, unit = cell.metrics[result.metric.id], result.metric.unit
    text = units.format_compact(found.value, unit)
    if found.low is None or found.high is None:
        return text
    low, high = (units.format_compact(end, unit) for end in (found.low, found.high))
    return f"{text} [{low}, {high}]"


def _best_places(result: WorkloadResult) -> Iterator[Aspect]:
    """Yield where some work is done best in the baseline model, as the workload file asks."""
    for places in result.workload.advice.places if result.workload.advice else ():
        cells = _cells_of_places(result, places)
        if len(cells) >= _LEAST_OPTIONS:
            case = cells[0][1].cell.case
            choice = _best_place(result, cells)
            yield Aspect(places.judged_by, result.workload.id, case, (choice,))


def _cells_of_places(result: WorkloadResult, places: PlaceChoice) -> list[tuple[str, CellResult]]:
    """Return each option with the baseline's cell that measured it, the best first."""
    metric = result.metric.id
    sign = 1 if result.metric.better == "lower" else -1
    found = [
        (option, cell)
        for case, option in places.options.items()
        for cell in result.cases.get(case, ())
        if cell.contestant == result.workload.baseline
        if metric in cell.metrics and cell.unranked is None
    ]
    return sorted(found, key=lambda pair: sign * pair[1].metrics[metric].value)


def _best_place(result: WorkloadResult, cells: list[tuple[str, CellResult]]) -> Choice:
    """Return the best option. The cases do not share blocks, so groups are compared, not pairs."""
    metric = result.metric.id
    values = ", ".join(f"{option} {_value(result, cell)}" for option, cell in cells)
    because = f"in {BASELINE}, {result.metric.label}: {values}"
    if not all(cell.metrics[metric].has_interval for _, cell in cells):
        return Choice("", (cells[0][0],), Certainty.UNDECIDED, f"{because}; too few blocks")
    ratios = {
        (first, second): ratio
        for (first, one), (second, other) in combinations(cells, 2)
        if (ratio := estimates.unpaired_ratio(_values(one, metric), _values(other, metric)))
        is not None
    }
    judged = judge_ratios(list(ratios.values()), result.comparison.floor or 1.0)
    verdicts = dict(zip(ratios, judged, strict=True))
    best, *others = (option for option, _ in cells)
    against_best = {option: verdicts.get((best, option), Verdict.UNDECIDED) for option in others}
    return _choice("", find_lead(best, against_best), because)


def _values(cell: CellResult, metric: str) -> list[float]:
    """Return the independent values of a metric of a cell."""
    return independent_values(cell.series[metric])
