"""Trials -> what their cells are estimated from, one trial in memory at a time.

Of each process stay one value a metric, and what resampling its samples would make of that value;
the samples themselves go, so a run of any length fits.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness import stats
from harness.metrics import memory_bytes, middle, pace, sample_values
from harness.records import Status
from harness.settling import Settling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Trial
    from harness.workload import Workload


@dataclass
class Series:
    """The values of one metric of one cell."""

    by_block: dict[int, float] = field(default_factory=dict)
    _within: array[float] = field(default_factory=lambda: array("d"))

    def take(self, block: int, samples: NDArray[np.float64]) -> None:
        """Take in the samples of one process."""
        value = middle(samples)
        if value is not None:
            self.by_block[block] = value
            self._within.frombytes(stats.resampled_within(samples).tobytes())

    @property
    def values(self) -> list[float]:
        """One value a process."""
        return list(self.by_block.values())

    def estimate(self, name: str) -> stats.Estimate | None:
        """Estimate the median over processes; `name` seeds the resampling."""
        return stats.estimate(self.values, name, np.frombuffer(self._within))


@dataclass
class Gathered:
    """What is kept of the trials of one cell."""

    statuses: Counter[Status] = field(default_factory=Counter)
    message: str = ""  # of the last that failed
    series: defaultdict[str, Series] = field(default_factory=lambda: defaultdict(Series))
    peaks: list[int] = field(default_factory=list)
    settling: Settling = field(default_factory=Settling)

    def take(self, trial: Trial, workload: Workload) -> None:
        """Take in one trial; only one that is ok has values."""
        self.statuses[trial.status] += 1
        if trial.status is not Status.OK:
            self.message = trial.message
            return
        memory = memory_bytes(trial)
        if memory is not None:
            self.peaks.append(memory)
        self.settling.take(pace(trial))
        for metric in workload.metrics.values():
            self.series[metric.id].take(trial.block, sample_values(workload, metric, trial))
