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
    from collections.abc import Sequence

    from harness.results.records import Growth

_LEAST = 0.75  # of the growth of the work: twice the work takes at least 1.5 times as long
_CLEARLY = 0.5  # of the way from no growth to the least; the lowest ratios have to reach it
_LEAST_CALLS = 2.0  # a call that does work costs at least so many empty calls
_CONDEMNING = 2  # processes, at least: one may have been unlucky
MOST_LOOKS = 5  # processes, after which the median decides


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

    Each process may have one ratio that a slow phase has falsified: as many as there are processes
    but one are left out at each end. One process alone condemns nobody.
    """
    work = median(one.work for one in found)
    least = _LEAST * work
    clearly = 1 + _CLEARLY * (least - 1)
    ratios = sorted(ratio for one in found for ratio in _ratios(one))
    center, processes = median(ratios), len(found)
    spared = min(processes - 1, (len(ratios) - 1) // 2)
    low, high = ratios[spared], ratios[-1 - spared]
    if processes >= MOST_LOOKS:
        low = high = center
    if center >= least and low >= clearly:
        return GrowthVerdict(Growing.SHOWN)
    is_missing = high < least and processes >= _CONDEMNING
    return GrowthVerdict(
        Growing.MISSING if is_missing else Growing.UNSETTLED,
        f"{units.format_significant(work, 2)} times the work took {_range(low, center, high)}"
        f" times as long, expected at least {units.format_significant(least, 2)}"
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


def _range(low: float, center: float, high: float) -> str:
    """Return the middle of the ratios; where they differ much, their ends."""
    ends = [units.format_significant(end, 2) for end in (low, high)]
    if high <= _LEAST + low:
        return units.format_significant(center, 2)
    return " to ".join(ends)


def _ratios(one: Growth) -> Sequence[float]:
    """Return how many times as long the larger call took, by wall or by CPU time.

    Honest work may seem not to grow in one of them: in wall time where starting threads takes the
    most, and in CPU time while a JIT compiler works beside the smaller call.
    """
    by_wall = one.ratios or ((one.call_ns / one.smaller_ns if one.smaller_ns > 0 else 0.0),)
    by_cpu = one.cpu_ratios
    if not by_cpu and one.smaller_cpu_ns and one.call_cpu_ns:
        by_cpu = (one.call_cpu_ns / one.smaller_cpu_ns,)
    return by_cpu if by_cpu and median(by_cpu) > median(by_wall) else by_wall
