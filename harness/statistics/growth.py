"""Whether an implementation does its work: its time must grow with it. Pure, used by both halves.

An optimiser that finds a closed form, and an implementation that knows the answer, return at once
however much work is asked of them. Their times would lead every ranking.

Each process measures less work and all of it by turns, close together. A slow phase of the machine
that begins in between falsifies some of its ratios and not all. So neither an honest process is
condemned by one of them, nor a cheat acquitted: the ratios of all processes, without the most
extreme ones, have to agree. Until they do, growth is not settled, and the contestant not ranked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TYPE_CHECKING

from harness import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.results.records import Growth

# Of the growth of the work beyond 1: twice the work takes at least 1.3 times as long. More would
# accuse honest calls: starting the tasks of a short one costs the same for any work (found: 1.4).
_LEAST = 0.3
_CLEARLY = 0.7  # of the way from no growth to the least; the lowest ratios have to reach it
_NARROW = 0.5  # a range of ratios that need not be told
_LEAST_CALLS = 2.0  # a call that does work costs at least so many empty calls
_ENOUGH = 2  # processes to condemn, or to settle a contradiction: one may have been unlucky
MOST_LOOKS = 5  # processes, after which the median is enough to show growth


class Growing(Enum):
    """What is known of the growth of a contestant's time."""

    SHOWN = "it grows with the work"
    UNSETTLED = "not known yet"
    MISSING = "it does not grow with the work"


@dataclass(frozen=True)
class GrowthVerdict:
    """What is known of the growth, and why it is not shown; an empty text if it is."""

    growing: Growing
    reason: str = ""


def judge_growth(found: Sequence[Growth]) -> GrowthVerdict:
    """Judge whether times grow with the work, from one or more processes.

    Honest work may seem not to grow in wall time, where starting threads takes the most, or in CPU
    time, while a JIT compiler works beside the smaller call. So one of the two is enough to show
    growth, and both have to speak against it. One process alone condemns nobody, and settles
    nothing where the two contradict each other: the wall time of a cheat that had to wait grows.
    """
    work, processes = median(one.work for one in found), len(found)
    least = 1 + _LEAST * (work - 1)
    clearly = 1 + _CLEARLY * (least - 1)
    ranges = [
        _Range.of(ratios, processes)
        for ratios in (_pool(map(_wall_ratios, found)), _pool(map(_cpu_ratios, found)))
        if ratios
    ]
    is_shown = any(
        one.center >= least and (one.low >= clearly or processes >= MOST_LOOKS) for one in ranges
    )
    is_contradicted = any(one.high < least for one in ranges)
    if is_shown and not (is_contradicted and processes < _ENOUGH):
        return GrowthVerdict(Growing.SHOWN)
    is_missing = (
        processes >= _ENOUGH and all(one.center < least for one in ranges) and is_contradicted
    )
    clearest = min(ranges, key=lambda one: one.high - one.low)
    return GrowthVerdict(
        Growing.MISSING if is_missing else Growing.UNSETTLED,
        f"{units.format_significant(work, 2)} times the work took {clearest.text} times as long,"
        f" expected at least {units.format_significant(least, 2)}"
        + (": does it skip work?" if is_missing else "; more processes decide"),
    )


def explain_empty_call(call_ns: float, empty_ns: float) -> str:
    """Return why a call as cheap as one that does nothing is suspect, or an empty text."""
    if call_ns >= _LEAST_CALLS * empty_ns:
        return ""
    return (
        f"a call took {units.format_time(call_ns)}, and an empty call"
        f" {units.format_time(empty_ns)}: does it skip work?"
    )


@dataclass(frozen=True)
class _Range:
    """Ratios of all processes: their median, and the range without the most extreme ones."""

    low: float
    center: float
    high: float

    @classmethod
    def of(cls, ratios: Sequence[float], processes: int) -> _Range:
        """Leave out as many at each end as there are processes but one.

        Each process may have one ratio that a slow phase has falsified.
        """
        ordered = sorted(ratios)
        spared = min(processes - 1, (len(ordered) - 1) // 2)
        return cls(ordered[spared], median(ordered), ordered[-1 - spared])

    @property
    def text(self) -> str:
        """The median or, if the ratios differ much, the range."""
        if self.high - self.low <= _NARROW:
            return units.format_significant(self.center, 2)
        return " to ".join(units.format_significant(end, 2) for end in (self.low, self.high))


def _pool(groups: Iterable[Sequence[float]]) -> list[float]:
    return [ratio for group in groups for ratio in group]


def _wall_ratios(one: Growth) -> Sequence[float]:
    """Return how many times as long the larger call took; a single ratio in older runs."""
    return one.ratios or ((one.call_ns / one.smaller_ns if one.smaller_ns > 0 else 0.0),)


def _cpu_ratios(one: Growth) -> Sequence[float]:
    if one.cpu_ratios or not (one.smaller_cpu_ns and one.call_cpu_ns):
        return one.cpu_ratios
    return (one.call_cpu_ns / one.smaller_cpu_ns,)
