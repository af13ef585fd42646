"""Two contestants head to head: in each workload, which one is faster and by how much. Pure.

The ratios and verdicts are those of the workload's comparison: formed inside blocks and rounds,
adjusted for every pair of the workload, and judged by the noise floor and the margin of a tie. So a
pair gets no other verdict here than beside its workload.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.lead import join_names
from harness.analysis.run_results import ranked
from harness.catalog.workload import BASELINE
from harness.statistics import estimates
from harness.statistics.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.parts import Metric
    from harness.statistics.estimates import Estimate, Ratio

    _Ranking = tuple[WorkloadResult, dict[str, CellResult]]  # with its ranked cells by name

_RIVAL = "go"  # what most readers compare the baseline with
_SPEEDS = ("ns", "s")  # units of what is fast or slow: of a time, and below the slash of a rate


class Outcome(StrEnum):
    """How the first contestant does against the second."""

    BETTER = "better"
    WORSE = "worse"
    TIED = "tied"
    UNDECIDED = "undecided"

    @property
    def opposite(self) -> Outcome:
        """How the second does against the first."""
        swapped = {Outcome.BETTER: Outcome.WORSE, Outcome.WORSE: Outcome.BETTER}
        return swapped.get(self, self)

    def word(self, *, is_speed: bool) -> str:
        """Return the outcome as people say it: only what is about speed is faster or slower."""
        words = {Outcome.BETTER: "faster", Outcome.WORSE: "slower"} if is_speed else {}
        return words.get(self, self.value)


@dataclass(frozen=True)
class Bout:
    """One workload in which both were measured."""

    workload: str
    title: str
    metric: Metric
    is_speed: bool
    values: tuple[Estimate, Estimate]  # of the first and of the second
    ratio: Ratio  # how many times as good the first is: as fast, as small, as little late
    outcome: Outcome  # for the first
    floor: float | None  # noise floor as a factor

    @property
    def text(self) -> str:
        """The ratio with its interval: `16.1x [8.87, 29.3]`."""
        return f"{self.ratio_text} {self.interval_text}"

    @property
    def ratio_text(self) -> str:
        """The ratio: `16.1x`."""
        return f"{units.format_significant(self.ratio.value)}x"

    @property
    def interval_text(self) -> str:
        """The interval of the ratio, or how many blocks it has: `[8.87, 29.3]`, `(n = 3)`."""
        if self.ratio.low is None or self.ratio.high is None:
            return f"(n = {self.ratio.n})"
        low, high = (units.format_significant(end) for end in (self.ratio.low, self.ratio.high))
        return f"[{low}, {high}]"

    @property
    def is_within_noise(self) -> bool:
        """Whether only less noise can decide it: the ratio is not beyond the noise floor."""
        if self.outcome is not Outcome.UNDECIDED or self.floor is None:
            return False
        return self.floor > max(estimates.MARGIN, self.ratio.value, 1 / self.ratio.value)

    def turned(self) -> Bout:
        """Return the same for the second against the first."""
        return replace(
            self,
            values=self.values[::-1],
            ratio=self.ratio.inverse(),
            outcome=self.outcome.opposite,
        )


@dataclass(frozen=True)
class HeadToHead:
    """Two contestants in every workload of a run that has both."""

    first: str
    second: str
    bouts: tuple[Bout, ...]  # the best for the first come first
    missing: tuple[tuple[str, str], ...]  # workload's title, and why it does not compare them

    @property
    def leader(self) -> str:
        """The one that is faster more often; the first if both are as often."""
        for is_speed in (True, False):
            outcomes = Counter(bout.outcome for bout in self.bouts if bout.is_speed is is_speed)
            if lead := outcomes[Outcome.BETTER] - outcomes[Outcome.WORSE]:
                return self.first if lead > 0 else self.second
        return self.first

    @property
    def title(self) -> str:
        """The answer about speed: `go is faster than asyncio in 14 of 20 workloads, slower in 2`.

        Without a workload about speed, it is the answer about all else.
        """
        first, second = self.first, self.second
        if not self.bouts:
            return f"No workload compares {first} and {second}"
        if not self._has_intervals:
            return f"Too few blocks to compare {first} and {second}"
        pair = (first, second) if self.leader == first else (second, first)
        is_speed = any(bout.is_speed for bout in self.bouts)
        return _in_words(*pair, self._count(is_speed=is_speed), is_speed=is_speed)

    @property
    def rest(self) -> str:
        """How the workloads that are not about speed go on: `of 5 others better in 2`, or empty."""
        outcomes = self._count(is_speed=False)
        if not outcomes or outcomes.total() == len(self.bouts) or not self._has_intervals:
            return ""
        number = outcomes.total()
        others = f"{number} other{'' if number == 1 else 's'} (memory, lateness, counts)"
        clauses = _clauses(outcomes, is_speed=False)
        return f"of {others} {', '.join(f'{word} in {count}' for word, count in clauses)}"

    @property
    def sentence(self) -> str:
        """The whole answer."""
        return "; ".join(filter(None, [self.title, self.rest]))

    def turned(self) -> HeadToHead:
        """Return the same from the side of the leader, the best for it first."""
        if self.leader == self.first:
            return self
        bouts = tuple(bout.turned() for bout in reversed(self.bouts))
        return HeadToHead(self.second, self.first, bouts, self.missing)

    @property
    def why_undecided(self) -> str:
        """What would decide the undecided workloads, in a sentence; empty if there are none."""
        undecided = [bout for bout in self.bouts if bout.outcome is Outcome.UNDECIDED]
        noisy = [bout.title for bout in undecided if bout.is_within_noise]
        parts = []
        if noisy:
            parts.append(f"the noise is larger than the difference in {join_names(noisy)}")
        if len(noisy) < len(undecided):
            parts.append(f"more blocks could decide {'the others' if noisy else 'it'}")
        return f"Why undecided: {'; '.join(parts)}." if parts else ""

    @property
    def _has_intervals(self) -> bool:
        return any(bout.ratio.has_interval for bout in self.bouts)

    def _count(self, *, is_speed: bool) -> Counter[Outcome]:
        """Count the outcomes for the leader in one kind of workloads."""
        is_first = self.leader == self.first
        return Counter(
            bout.outcome if is_first else bout.outcome.opposite
            for bout in self.bouts
            if bout.is_speed is is_speed
        )


def _in_words(leader: str, other: str, outcomes: Counter[Outcome], *, is_speed: bool) -> str:
    (word, count), *more = _clauses(outcomes, is_speed=is_speed)
    is_ahead = outcomes[Outcome.BETTER] or outcomes[Outcome.WORSE]
    pair = f"{leader} is {word} than {other}" if is_ahead else f"{leader} against {other}: {word}"
    text = f"{pair} in {count} of {units.format_count(outcomes.total(), 'workload')}"
    return ", ".join([text, *(f"{word} in {count}" for word, count in more)])


def _clauses(outcomes: Counter[Outcome], *, is_speed: bool) -> list[tuple[str, int]]:
    """Return each outcome that occurs, in words, with its number; ahead first."""
    return [
        (outcome.word(is_speed=is_speed), outcomes[outcome])
        for outcome in Outcome
        if outcomes[outcome]
    ]


def head_to_head(analysis: Analysis, first: str, second: str) -> HeadToHead:
    """Compare two contestants by name in every workload of a run, but for those of the workbench.

    If the load generator was the limit of a server, the two are compared by CPU time instead.
    """
    bouts: list[Bout] = []
    missing: list[tuple[str, str]] = []
    for result in _results(analysis):
        if bout := _bout(_rankings(result), first, second):
            bouts.append(bout)
        elif reason := _why_not(result, (first, second)):
            missing.append((result.workload.title, reason))
    bouts.sort(key=lambda bout: bout.ratio.value, reverse=True)
    return HeadToHead(first, second, tuple(bouts), tuple(missing))


def bouts(analysis: Analysis) -> Iterator[tuple[str, str, Bout]]:
    """Yield every two contestants of a run in every workload that compares them."""
    for result in _results(analysis):
        rankings = _rankings(result)
        for first, second in combinations([cell.name for cell in result.headline], 2):
            if bout := _bout(rankings, first, second):
                yield first, second, bout


def contestants(analysis: Analysis) -> list[str]:
    """Return the names of all contestants that are compared with any other, models in order."""
    names: dict[str, bool] = {}
    for result in _results(analysis):
        for cell in result.headline:
            if cell.attempts:
                names.setdefault(cell.name, cell.contestant.is_plain)
    order = list(analysis.models)
    return sorted(names, key=lambda name: (order.index(_model(name)), not names[name], name))


def obstacles(analysis: Analysis) -> Iterator[tuple[WorkloadResult, dict[str, str]]]:
    """Yield each workload with its contestants, and why one has no value; empty if it has one."""
    for result in _results(analysis):
        yield result, {cell.name: _obstacle(cell, result.metric) for cell in result.headline}


def default_pair(analysis: Analysis) -> tuple[str, str] | None:
    """Return the baseline and Go; without them, the two models with most workloads in common."""
    common: Counter[tuple[str, str]] = Counter()
    for result in _results(analysis):
        rankings = _rankings(result)
        plain = [cell.name for cell in result.headline if cell.contestant.is_plain]
        common.update(pair for pair in combinations(plain, 2) if _compared(rankings, *pair))
    usual = (BASELINE, _RIVAL)
    if common[usual]:
        return usual
    return max(common, key=lambda pair: common[pair]) if common else None


def _model(name: str) -> str:
    return name.partition(" ")[0]


def _results(analysis: Analysis) -> Iterator[WorkloadResult]:
    """Yield the workloads that do not measure the workbench."""
    yield from (one for one in analysis.workloads.values() if not one.workload.is_floor)


def _rankings(result: WorkloadResult) -> list[_Ranking]:
    """Return the ranking of a workload, then that by CPU time if it has one."""
    return [
        (ranking, {cell.name: cell for cell in ranked(ranking)})
        for ranking in (result, result.by_cpu)
        if ranking is not None
    ]


def _compared(
    rankings: Iterable[_Ranking], first: str, second: str
) -> tuple[WorkloadResult, CellResult, CellResult] | None:
    """Return the first ranking that compares two contestants, and their cells."""
    for ranking, cells in rankings:
        if first in cells and second in cells:
            this, that = cells[first], cells[second]
            pair = (this.contestant, that.contestant)
            if ranking.workload.find_other_work(*pair) is not None:
                return None
            if pair in ranking.comparison.ratios:
                return ranking, this, that
    return None


def _bout(rankings: Iterable[_Ranking], first: str, second: str) -> Bout | None:
    found = _compared(rankings, first, second)
    if found is None:
        return None
    ranking, this, that = found
    pair, metric = (this.contestant, that.contestant), ranking.metric
    ratio = ranking.comparison.ratios[pair]
    if metric.better == "lower":
        ratio = ratio.inverse()
    return Bout(
        ranking.workload.id,
        ranking.workload.title,
        metric,
        _is_speed(ranking, metric),
        (this.metrics[metric.id], that.metrics[metric.id]),
        ratio,
        _outcome(ranking.comparison.verdict(*pair), ratio),
        ranking.comparison.floor,
    )


def _outcome(verdict: Verdict, ratio: Ratio) -> Outcome:
    if verdict is Verdict.DIFFERENT:
        return Outcome.BETTER if ratio.value > 1 else Outcome.WORSE
    return Outcome.TIED if verdict is Verdict.TIED else Outcome.UNDECIDED


def _is_speed(result: WorkloadResult, metric: Metric) -> bool:
    """Return whether a metric is about speed, and not about memory, lateness or a number."""
    base, _, per = metric.unit.partition("/")
    return result.workload.shape != "latency" and (base in _SPEEDS or per in _SPEEDS)


def _why_not(result: WorkloadResult, names: tuple[str, str]) -> str:
    """Return why a workload does not compare two contestants; empty if it does not have both."""
    by_name = {cell.name: cell for cell in result.headline}
    cells = [by_name[name] for name in names if name in by_name]
    if len(cells) < len(names) or not any(cell.attempts for cell in cells):
        return ""
    other_work = result.workload.find_other_work(*(cell.contestant for cell in cells))
    if other_work is not None:
        return f"other work: {other_work.label}"
    reasons = {cell.name: _obstacle(cell, result.metric) for cell in cells}
    known = [f"{name}: {reason}" for name, reason in reasons.items() if reason]
    return "; ".join(known) or "no block has both"


def _obstacle(cell: CellResult, metric: Metric) -> str:
    """Return in a few words why a contestant has no value; empty if it has one."""
    if cell.absent is not None:
        return cell.absent.absence.label
    if cell.unranked is not None:
        return cell.unranked.obstacle.value
    if not cell.attempts:
        return "not measured yet"
    return "" if metric.id in cell.metrics else f"no {metric.label}"
