"""If your work looks like this, use that: what a run says of it, and no more than it says. Pure.

Each choice is read off measured cells. Where the tiers do not tell two contestants apart it names
both, and where too little was measured it is undecided: advice is what people act upon.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.analyse import ranked
from harness.analysis.findings import contrast, few, leaders, unranked
from harness.catalog.workload import BASELINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult

_LEAST = 2  # there is nothing to choose from with fewer

# What work each workload stands for, and what of it the workload measures: several rows of the
# same words are one. A workload that is not here, one from outside, stands for what it is called.
_WORK = {
    "fanout": ("many waits at once", "time"),
    "footprint": ("many waits at once", "memory"),
    "timers": ("many timers that must go off on time", "lateness"),
    "kitchen": ("a few waits at once", "time"),
    "sumsquares": ("pure computation", "time"),
    "pingpong": ("tasks that hand each other values", "time"),
    "echo": ("a server of many small messages", "throughput"),
    "http": ("an HTTP server", "throughput"),
    "drain": ("a server that is often told to end", "time until it has"),
    "heartbeat": ("something heavy beside an event loop", "left on the loop"),
}
# Of the heartbeat: what is heavy, and the words for where it can be done.
_HEAVY = {
    "cpu": "computing, handed over",
    "block": "a blocking call, handed over",
    "read": "reading a large file, handed over",
}
_PLACES = {"loop": "leave it on the loop", "thread": "a thread", "process": "a process"}
_SHORT = {"loop": "on the loop", "thread": "in a thread", "process": "in a process"}


class Verdict(StrEnum):
    """How much a choice rests on."""

    CLEAR = "clear"  # told apart from every other
    ALIKE = "alike"  # not told apart from some others, which are named
    UNDECIDED = "undecided"  # too little was measured to say


@dataclass(frozen=True)
class Choice:
    """Who does best, among all or among those of one language."""

    among: str  # a language as people write it; empty: all
    names: tuple[str, ...]  # the best first, then what is not told apart from it
    verdict: Verdict
    because: str

    @property
    def text(self) -> str:
        """The choice in words."""
        if self.verdict is Verdict.UNDECIDED:
            return f"undecided; so far {self.names[0]}" if self.names else "undecided"
        if len(self.names) == 1:
            return self.names[0]
        names = few(self.names)
        return f"{', '.join(names[:-1])} or {names[-1]}: not told apart"


@dataclass(frozen=True)
class Aspect:
    """One thing to choose by, and the case that it was measured in."""

    of: str
    workload: str
    case: str
    choices: tuple[Choice, ...]  # among all; then in each language that has none among those


@dataclass(frozen=True)
class Advice:
    """A row: if your work looks like this, by these aspects use that."""

    work: str
    aspects: tuple[Aspect, ...]

    @property
    def size(self) -> int:
        """How many choices it has."""
        return sum(len(aspect.choices) for aspect in self.aspects)


def advice(analysis: Analysis) -> list[Advice]:
    """Return a row for each kind of work that something was measured of, in the run's order."""
    language = {model: one.language for one in analysis.run.runners for model in one.models}
    rows: dict[str, list[Aspect]] = {}
    for result in analysis.workloads.values():
        if result.workload.is_floor:
            continue  # it measures the workbench, and nobody's work
        work, of = _WORK.get(result.workload.id, (f"work like “{result.workload.title}”", ""))
        aspects = [*_contest(result, of or result.metric.label, language), *_handing_over(result)]
        if aspects:
            rows.setdefault(work, []).extend(aspects)
    return [Advice(work, tuple(aspects)) for work, aspects in rows.items()]


def _contest(result: WorkloadResult, of: str, language: dict[str, str]) -> Iterator[Aspect]:
    """Yield who does best in the headline case, if anybody was measured."""
    if not any(one.attempts for one in result.headline):
        return
    cells = ranked(result)
    choices = [_best(result, "", cells)]
    if choices[0].verdict is Verdict.UNDECIDED:
        cells = []  # then it is so in every language
    by_language: dict[str, list[CellResult]] = {}
    for one in cells:
        by_language.setdefault(language.get(one.cell.model, ""), []).append(one)
    for name, own in by_language.items():
        if name and not {one.name for one in own} & set(choices[0].names):
            choices.append(_best(result, units.language_name(name), own))
    yield Aspect(of, result.workload.id, result.headline_id, tuple(choices))


def _best(result: WorkloadResult, among: str, cells: list[CellResult]) -> Choice:
    """Say who is best of these, which are ranked."""
    if not cells:
        failed = any(one.failures for one in result.headline)
        why = "every contestant failed at least once" if failed else unranked(result)
        return Choice(among, (), Verdict.UNDECIDED, why)
    best = cells[0]
    pair = best.contestant, result.workload.baseline
    because = [f"{result.metric.label}: {_value(result, best)}"]
    ratio = result.comparison.ratios.get(pair)
    if ratio is not None:
        is_different = result.comparison.differ.get(pair)
        because.append(contrast(pair, ratio, result.metric, is_different=is_different))
    if len(cells) < _LEAST:
        return Choice(
            among, (best.name,), Verdict.UNDECIDED, f"{because[0]}; no other to compare it with"
        )
    others = [one.contestant for one in cells[1:]]
    if any((other, best.contestant) not in result.comparison.differ for other in others):
        return Choice(
            among,
            (best.name,),
            Verdict.UNDECIDED,
            f"{'; '.join(because)}; too few blocks to be sure",
        )
    names = [cell.name for cell in leaders(result, cells)]
    verdict = Verdict.ALIKE if len(names) > 1 else Verdict.CLEAR
    return Choice(among, tuple(names), verdict, "; ".join(because))


def _value(result: WorkloadResult, one: CellResult) -> str:
    """Return the headline metric of a cell, with its interval where it has one."""
    found, unit = one.metrics[result.metric.id], result.metric.unit
    text = units.format_compact(found.value, unit)
    if found.low is None or found.high is None:
        return text
    low, high = (units.format_compact(bound, unit) for bound in (found.low, found.high))
    return f"{text} [{low}, {high}]"


def _handing_over(result: WorkloadResult) -> Iterator[Aspect]:
    """Yield for each heavy thing where it is done best, on one loop; of the heartbeat alone."""
    if not {"beside", "on", "amount"} <= result.workload.params.keys():
        return
    for beside, of in _HEAVY.items():
        cells = _of_places(result, beside)
        if len(cells) >= _LEAST:
            yield Aspect(of, result.workload.id, cells[0][1].cell.case, (_place(result, cells),))


def _of_places(result: WorkloadResult, beside: str) -> list[tuple[str, CellResult]]:
    """Return the cells of the baseline in the largest such case of each place, the best first."""
    found: dict[str, tuple[int, CellResult]] = {}
    for id_, cells in result.cases.items():
        params = result.workload.cases[id_].params
        place, amount = str(params["on"]), int(params["amount"])
        own = _measured(result, cells)
        larger = place not in found or amount > found[place][0]
        if own is not None and params["beside"] == beside and place in _PLACES and larger:
            found[place] = amount, own
    most = max((amount for amount, _ in found.values()), default=0)
    same = [(place, one) for place, (amount, one) in found.items() if amount == most]
    return sorted(same, key=lambda pair: pair[1].metrics[result.metric.id].value)


def _measured(result: WorkloadResult, cells: Iterable[CellResult]) -> CellResult | None:
    """Return the baseline's own cell among these, if it has a value and no failure."""
    for one in cells:
        if one.cell.model == BASELINE and one.contestant.is_plain and not one.failures:
            return one if result.metric.id in one.metrics else None
    return None


def _place(result: WorkloadResult, cells: list[tuple[str, CellResult]]) -> Choice:
    """Say where it is done best. Cases are not measured in the same blocks: intervals must tell."""
    metric = result.metric.id
    (first, best), *others = cells
    values = ", ".join(f"{_SHORT[place]} {_value(result, one)}" for place, one in cells)
    because = f"in {BASELINE}, {result.metric.label}: {values}"
    found = best.metrics[metric]
    if found.high is None or any(not one.metrics[metric].has_interval for _, one in others):
        return Choice("", (_PLACES[first],), Verdict.UNDECIDED, f"{because}; too few blocks")
    same = [
        _PLACES[place]
        for place, one in others
        if (low := one.metrics[metric].low) is not None and low <= found.high
    ]
    return Choice("", (_PLACES[first], *same), Verdict.ALIKE if same else Verdict.CLEAR, because)
