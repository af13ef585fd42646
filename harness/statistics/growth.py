"""Whether an implementation does its work: its time must grow with it. Pure, used by both halves.

An optimiser that finds a closed form, and an implementation that knows the answer, return at once
however much work is asked of them. Their times would lead every ranking.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from harness import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.records import Growth

_LEAST = 0.75  # of the growth of the work: twice the work takes at least 1.5 times as long
_LEAST_CALLS = 2.0  # a call that does work costs at least so many empty calls


def explain_growth(found: Sequence[Growth]) -> str:
    """Return why times are suspect that do not grow with the work.

    Returns an empty text if they grow, or if nothing is known. The median over processes decides.
    """
    if not found:
        return ""
    work = median(one.work for one in found)
    grown = median(map(_growth, found))
    if grown >= _LEAST * work:
        return ""
    return (
        f"{units.format_significant(work, 2)} times the work took"
        f" {units.format_significant(grown, 2)} times as long, expected at least"
        f" {units.format_significant(_LEAST * work, 2)}: does it skip work?"
    )


def explain_empty_call(call_ns: float, empty_ns: float) -> str:
    """Return why a call as cheap as one that does nothing is suspect, or an empty text."""
    if call_ns >= _LEAST_CALLS * empty_ns:
        return ""
    return (
        f"a call took {units.format_time(call_ns)}, and an empty call"
        f" {units.format_time(empty_ns)}: does it skip work?"
    )


def _growth(one: Growth) -> float:
    """Return how many times as long the larger call took, by wall or by CPU time.

    Honest work may seem not to grow in one of them: in wall time where starting threads takes the
    most, and in CPU time while a JIT compiler works beside the smaller call.
    """
    growths = [one.call_ns / one.smaller_ns if one.smaller_ns > 0 else 0.0]
    if one.smaller_cpu_ns and one.call_cpu_ns:
        growths.append(one.call_cpu_ns / one.smaller_cpu_ns)
    return max(growths)
