"""Check whether the samples of a process are in a steady state. Pure.

Warm-up is measured, not assumed (Barrett et al., 2017: a fifth of the benchmarks they ran on
virtual machines never reached a steady state). There are two checks: a change at the same sample in
every process (still warming up), and a change at any sample in a few of them (something happened).
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
_MIN_SAMPLES = 20  # per process; with fewer, a jump cannot be distinguished from chance
_JUMP_ALPHA = 1e-4  # small, because a run tests many processes
_MIN_JUMP = 0.10


@dataclass(frozen=True)
class LevelChange:
    """A change of level after `after` samples, by `factor`, over `processes` processes."""

    after: int
    factor: float
    processes: int


@dataclass
class SteadyState:
    """Accumulates the processes of a cell; samples are not kept."""

    processes: int = 0
    jumps: int = 0  # number of processes with a jump
    largest_jump: float = 1.0  # factor of the largest jump
    _length: int = 0  # samples per process
    _sum: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    _squares: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def add_process(self, times: NDArray[np.float64]) -> None:
        """Add one process: the time per operation of its samples in order, shape (samples,)."""
        if times.size < 2 or times.min() <= 0:  # noqa: PLR2004 - one sample cannot change
            return
        if self.processes == 0:
            self._length = times.size
            self._sum, self._squares = np.zeros(times.size - 1), np.zeros(times.size - 1)
        if times.size != self._length:
            return
        shifts = _level_shifts(np.log(times))
        self.processes += 1
        self._sum += shifts
        self._squares += shifts**2
        factor = find_jump(times)
        if factor is not None:
            self.jumps += 1
            if abs(math.log(factor)) > abs(math.log(self.largest_jump)):
                self.largest_jump = factor

    def find_common_change(self) -> LevelChange | None:
        """Return the change of level at the same sample in every process, or None.

        For each possible position, a paired t-test over processes compares the levels before and
        after it. The smallest p-value is multiplied by the number of positions (Bonferroni).
        """
        n = self.processes
        if n < estimates.MIN_FOR_INTERVAL:
            return None
        mean = self._sum / n
        variance = np.maximum(self._squares / n - mean**2, 1e-18) * n / (n - 1)
        t = np.abs(mean) / np.sqrt(variance / n)
        position = int(np.argmax(t))
        p = distributions.t_two_sided(n - 1, float(t[position])) * t.size
        if p >= _ALPHA or abs(mean[position]) < _MIN_SHIFT:
            return None
        return LevelChange(position + 1, math.exp(mean[position]), n)

    def warnings(self) -> tuple[str, ...]:
        """Return warnings about changes of level."""
        warnings = []
        change = self.find_common_change()
        if change is not None:
            warnings.append(
                f"no steady state: after sample {change.after} of {self._length} it is"
                f" {_format_change(change.factor)} in the same process"
                f" (over {change.processes} processes)"
            )
        if self.jumps:
            warnings.append(
                f"{self.jumps} of {self.processes} processes change level midway, one of"
                f" them becomes {_format_change(self.largest_jump)}"
            )
        return tuple(warnings)


def _format_change(factor: float) -> str:
    word = "slower" if factor > 1 else "faster"
    return f"{100 * (max(factor, 1 / factor) - 1):.0f}% {word}"


def _level_shifts(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, for each position, the mean after it minus the mean before it."""
    before = np.cumsum(logs)[:-1]
    counts = np.arange(1, logs.size)
    shifts: NDArray[np.float64] = (logs.sum() - before) / (logs.size - counts) - before / counts
    return shifts


def find_jump(times: NDArray[np.float64]) -> float | None:
    """Return the factor by which the level changes inside one process, or None.

    Pettitt's test (1979) uses ranks, so that one slow sample is not a jump.
    """
    n = times.size
    if n < _MIN_SAMPLES:
        return None
    ranks = np.empty(n)
    ranks[np.argsort(times, kind="stable")] = np.arange(1, n + 1)
    u = 2 * np.cumsum(ranks)[:-1] - np.arange(1, n) * (n + 1)
    position = int(np.argmax(np.abs(u)))
    p = 2 * math.exp(-6 * float(u[position]) ** 2 / (n**3 + n**2))
    if p >= _JUMP_ALPHA:
        return None
    factor = float(np.median(times[position + 1 :]) / np.median(times[: position + 1]))
    return factor if abs(math.log(factor)) > math.log(1 + _MIN_JUMP) else None
