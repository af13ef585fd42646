"""How the machine itself got on over a run, by the spin before each block. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from statistics import median, quantiles
from typing import TYPE_CHECKING, NamedTuple

from harness import units

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.results.records import Trial

NOTED = 0.03  # of the median: what a spin differs by at least to be worth a word
LEAST = 3  # probes that make a course
_LEAST_FOR_TREND = 9  # three in each third
_UNSTEADY = 0.1  # of all probes
_WAITED = 0.1  # of the time of a spin


class ProbeReading(NamedTuple):
    """One run of the speed probe: when, and how long it took."""

    started_at: str  # UTC, ISO 8601
    wall_ns: int
    cpu_ns: int | None = None


def probe_readings(trials: Iterable[Trial]) -> list[ProbeReading]:
    """Return the readings of a run in the order in which they were taken."""
    found = [one for trial in trials if (one := _probe_reading(trial)) is not None]
    return sorted(found, key=lambda one: one.started_at)


def _probe_reading(trial: Trial) -> ProbeReading | None:
    """Return the spin that was done just before a trial, if there was one."""
    if trial.probe_ns is None:
        return None
    return ProbeReading(trial.started_at, trial.probe_ns, trial.probe_cpu_ns)


@dataclass(frozen=True)
class Point:
    """A spin as it is drawn."""

    seconds: float  # since the first
    share: float  # by how much it took longer than the median of all: 0.05 for 5%
    waited: bool  # the processor was not given to it for a good part of that time


def points(probes: Sequence[ProbeReading]) -> list[Point]:
    """Return the probes relative to the first in time, and to the median in length."""
    if not probes:
        return []
    usual = median(one.wall_ns for one in probes)
    first = datetime.fromisoformat(probes[0].started_at)
    return [
        Point(
            (datetime.fromisoformat(one.started_at) - first).total_seconds(),
            one.wall_ns / usual - 1 if usual else 0.0,
            one.cpu_ns is not None and one.cpu_ns < (1 - _WAITED) * one.wall_ns,
        )
        for one in probes
    ]


def finding(probes: Sequence[ProbeReading]) -> str:
    """Return what the probes show, in a sentence."""
    found = points(probes)
    change = _trend([one.share for one in found])
    if change is not None:
        how = "slowed" if change > 0 else "became faster"
        return (
            f"The machine {how} by {units.format_significant(100 * abs(change), 2)}% over the run"
        )
    noted = f"{100 * NOTED:g}%"
    outside = sum(abs(one.share) > NOTED for one in found)
    number = units.format_count(len(found), "spin")
    if outside > max(1, _UNSTEADY * len(found)):
        return f"The machine was unsteady: {outside} of {number} off by more than {noted}"
    if outside:
        return f"The machine was steady: within {noted} but for {outside} of {number}"
    return f"The machine was steady: within {noted} in all of {number}"


def _trend(shares: Sequence[float]) -> float | None:
    """Return by which share the last third of the probes took longer than the first, if it is so.

    Both in the median, and so clearly that the middle halves of the two thirds do not overlap:
    a third with some disturbed probes is no trend.
    """
    if len(shares) < _LEAST_FOR_TREND:
        return None
    third = math.ceil(len(shares) / 3)
    first, last = shares[:third], shares[-third:]
    change = (1 + median(last)) / (1 + median(first)) - 1
    if abs(change) < NOTED:
        return None
    (low, _, high), (its_low, _, its_high) = quantiles(first, n=4), quantiles(last, n=4)
    apart = its_low > high if change > 0 else its_high < low
    return change if apart else None
