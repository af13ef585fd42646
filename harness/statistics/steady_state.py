"""Check whether the first samples of a process are in a steady state. Pure.

Warm-up is measured, not assumed (Barrett et al., 2017: a fifth of the benchmarks they ran on
virtual machines never reached a steady state). What still warms up changes at the same sample in
every process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics import distributions, estimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALPHA = 0.01  # probability of a false warning per cell
_MIN_SHIFT = 0.03  # smaller changes do not matter at a precision of 3%
_FIRST = 5  # samples that are looked at: what warms up later than that has a longer warm-up
_FEWEST = 2  # one sample cannot change


@dataclass(frozen=True)
class LevelChange:
    """A change of level after `after` samples, by `factor`, over `processes` processes."""

    after: int
    factor: float
    processes: int


@dataclass
class _Shifts:
    """The level after each sample relative to that before it, over processes. In logarithms."""

    processes: int
    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def none(cls, positions: int) -> _Shifts:
        return cls(0, np.zeros(positions), np.zeros(positions))

    def add(self, shifts: NDArray[np.float64]) -> None:
        self.processes += 1
        self.sums += shifts
        self.squares += shifts**2


@dataclass
class SteadyState:
    """Accumulates the processes of a cell; samples are not kept.

    Processes differ in how many rounds they took part in. Of each, the first samples count, and the
    test is over the largest group of processes with equally many.
    """

    _groups: dict[int, _Shifts] = field(default_factory=dict)  # by the number of samples

    def add_process(self, times: NDArray[np.float64]) -> None:
        """Add one process: the time per operation of its samples in order, shape (samples,)."""
        if times.size < _FEWEST or times.min() <= 0:
            return
        first = times[:_FIRST]
        group = self._groups.setdefault(first.size, _Shifts.none(first.size - 1))
        group.add(_level_shifts(np.log(first)))

    def find_common_change(self) -> LevelChange | None:
        """Return the change of level at the same sample in every process, or None.

        For each possible position, a paired t-test over processes compares the levels before and
        after it. The smallest p-value is multiplied by the number of positions (Bonferroni).
        """
        largest = max(self._groups.values(), key=lambda group: group.processes, default=None)
        if largest is None or largest.processes < estimates.MIN_FOR_INTERVAL:
            return None
        n = largest.processes
        mean = largest.sums / n
        variance = np.maximum(largest.squares / n - mean**2, 1e-18) * n / (n - 1)
        t = np.abs(mean) / np.sqrt(variance / n)
        position = int(np.argmax(t))
        p = distributions.t_two_sided(n - 1, float(t[position])) * t.size
        if p >= _ALPHA or abs(mean[position]) < _MIN_SHIFT:
            return None
        return LevelChange(position + 1, math.exp(mean[position]), n)

    def warnings(self) -> tuple[str, ...]:
        """Return a warning if the level changes, or nothing."""
        change = self.find_common_change()
        if change is None:
            return ()
        return (
            f"no steady state: after sample {change.after} it is {_format_change(change.factor)}"
            f" in the same process (over {change.processes} processes)",
        )


def _format_change(factor: float) -> str:
    word = "slower" if factor > 1 else "faster"
    return f"{100 * (max(factor, 1 / factor) - 1):.0f}% {word}"


def _level_shifts(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each position, the mean after it minus the mean before it."""
    before = np.cumsum(logs)[:-1]
    counts = np.arange(1, logs.size)
    shifts: NDArray[np.float64] = (logs.sum() - before) / (logs.size - counts) - before / counts
    return shifts
