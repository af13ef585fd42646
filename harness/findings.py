"""Sentences about results, computed from them, and no stronger than the intervals allow. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.analyse import ranked

if TYPE_CHECKING:
    from harness.analyse import WorkloadResult
    from harness.stats import Estimate

_NAMED_AT_MOST = 3


def finding(result: WorkloadResult) -> str:
    """Return what the headline case of a workload shows, in a sentence or two."""
    best = ranked(result)
    if not best:
        return "Nothing could be measured"
    contrasts = [
        contrast(this, to, result.ratios[this, to], result.metric.better)
        for this, to in result.workload.contrasts
        if (this, to) in result.ratios
    ]
    sentences = ["; ".join(contrasts)] if contrasts else []
    sentences.append(_fastest(result))
    return ". ".join(text[:1].upper() + text[1:] for text in sentences)


def _fastest(result: WorkloadResult) -> str:
    """Name the best contestant, and with it all that cannot be told apart from it."""
    best, *others = ranked(result)
    value = best.metrics[result.metric.id]
    shown = units.shown(value.value, result.metric.unit)
    if not value.has_interval:
        return f"least so far {best.contestant}, {shown} (too few blocks to be sure)"
    alike = [
        other.contestant
        for other in others
        if _straddles(result.ratios.get((other.contestant, best.contestant)))
    ]
    if not alike:
        return f"{best.contestant} is best at {shown}"
    names = [best.contestant, *alike]
    if len(names) > _NAMED_AT_MOST:
        names = [*names[: _NAMED_AT_MOST - 1], f"{len(names) - _NAMED_AT_MOST + 1} others"]
    return f"best, and not told apart: {', '.join(names[:-1])} and {names[-1]}, about {shown}"


def _straddles(ratio: Estimate | None) -> bool:
    return ratio is None or ratio.low is None or ratio.high is None or ratio.low <= 1 <= ratio.high


def contrast(this: str, to: str, ratio: Estimate, better: str) -> str:
    """Put a ratio of two contestants into words; `ratio` is this over that."""
    times = f"{units.significant(ratio.value, 2)}x"
    if ratio.low is None or ratio.high is None:
        return f"{this} at {times} of {to} (too few blocks to be sure)"
    if ratio.low <= 1 <= ratio.high:
        return f"{this} and {to} are not told apart ({times})"
    if better == "higher":
        return f"{this} reaches {times} of {to}"
    if ratio.value > 1:
        return f"{this} takes {times} as long as {to}"
    return f"{this} is {units.significant(1 / ratio.value, 2)}x as fast as {to}"
