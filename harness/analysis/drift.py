"""How fast the machine itself was over a run, by the speed probe before each block. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, pairwise
from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.analysis.disturbance import has_waited

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.results.records import Trial

TOLERANCE = 0.03  # of the median: a probe that differs by less is not mentioned
LEAST_PROBES = 3  # to draw their course
_LEAST_FOR_TREND = 9  # three in each third
_UNSTEADY = 0.1  # of all probes


class ProbeReading(NamedTuple):
    """One run of the speed probe: when, and how long it took."""

    started_at: str  # UTC, ISO 8601
    wall_ns: int
    cpu_ns: int | None = None


def probe_readings(trials: Iterable[Trial]) -> list[ProbeReading]:
    """Return the readings of a run in the order in which they were taken: that of its trials.

    Their times do not tell the order, because clocks are set back.
    """
    return [
        ProbeReading(trial.started_at, trial.probe_ns, trial.probe_cpu_ns)
        for trial in trials
        if trial.probe_ns is not None
    ]


@dataclass(frozen=True)
class DriftPoint:
    """A reading as it is drawn."""

    seconds: float  # since the first
    share: float  # how much longer it took than the median: 0.05 for 5%
    waited: bool  # the probe had to wait for the processor for a good part of that time


def points(readings: Sequence[ProbeReading]) -> list[DriftPoint]:
    """Return the readings relative to the first in time, and to the median in length.

    Where the clock was set back, no time passes.
    """
    if not readings:
        return []
    usual = median(reading.wall_ns for reading in readings)
    times = [_parse_time(reading.started_at) for reading in readings]
    steps = (now - before for before, now in pairwise(times))
    seconds = accumulate((max(0.0, step) for step in steps), initial=0.0)
    return [
        DriftPoint(
            elapsed,
            reading.wall_ns / usual - 1 if usual else 0.0,
            has_waited(reading.wall_ns, reading.cpu_ns),
        )
        for elapsed, reading in zip(seconds, readings, strict=True)
    ]


def _parse_time(text: str) -> float:
    """Return a time in seconds; 0 if the text is not a time."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def finding(readings: Sequence[ProbeReading]) -> str:
    """Return what the readings show, in a sentence."""
    shares = [point.share for point in points(readings)]
    change = _trend(shares)
    if change is not None:
        how = "slowed" if change > 0 else "became faster"
        percent = units.format_significant(100 * abs(change), 2)
        return f"The machine {how} by {percent}% over the run"
    tolerance = f"{100 * TOLERANCE:g}%"
    outside = sum(abs(share) > TOLERANCE for share in shares)
    number = units.format_count(len(shares), "speed probe")
    if outside > max(1, _UNSTEADY * len(shares)):
        return f"The machine was unsteady: {outside} of {number} off by more than {tolerance}"
    if outside:
        return f"The machine was steady: within {tolerance} except in {outside} of {number}"
    return f"The machine was steady: within {tolerance} in all of {number}"


def _trend(shares: Sequence[float]) -> float | None:
    """Return by which share the last third of the probes took longer than the first, if clear.

    Compares medians. It is clear where the middle halves of the two thirds do not overlap, so that
    a few disturbed probes make no trend.
    """
    if len(shares) < _LEAST_FOR_TREND:
        return None
    third = math.ceil(len(shares) / 3)
    first, last = shares[:third], shares[-third:]
    change = (1 + median(last)) / (1 + median(first)) - 1
    if abs(change) < TOLERANCE:
        return None
    (first_low, _, first_high), (last_low, _, last_high) = quantiles(first), quantiles(last)
    is_clear = last_low > first_high if change > 0 else last_high < first_low
    return change if is_clear else None
