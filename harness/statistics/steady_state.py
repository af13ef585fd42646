"""Whether the samples inside a process keep to one level. Pure.

Warming up is looked at and not assumed (Barrett et al., 2017: a fifth of what virtual machines run
never reaches a steady state). Two questions, since a change may come at the same sample in every
process (it is still warming up) or at any in a few of them (something happened).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics import distributions, estimates

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALPHA = 0.01  # of a false warning for a cell
_LEAST_SHIFT = 0.03  # a change of less matters to nobody who reads to 3%
_LEAST_SAMPLES = 20  # of one process, before a jump inside it can be told from chance
_JUMP_ALPHA = 1e-4  # a run looks at many processes
_LEAST_JUMP = 0.10


@dataclass(frozen=True)
class Change:
    """A change of level: after so many samples, by this factor, in so many processes."""

    after: int
    factor: float
    processes: int


@dataclass
class SteadyState:
    """What the processes of a cell have shown; each is given once and not kept."""

    processes: int = 0
    jumps: int = 0  # processes with a jump inside
    largest_jump: float = 1.0  # its factor
    _length: int = 0  # samples a process
    _sum: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    _squares: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def add_process(self, pace: NDArray[np.float64]) -> None:
        """Take in one process: the time of an operation in each of its samples, in order."""
        if pace.size < 2 or pace.min() <= 0:  # noqa: PLR2004 - one sample keeps to its level
            return
        if self.processes == 0:
            self._length = pace.size
            self._sum, self._squares = np.zeros(pace.size - 1), np.zeros(pace.size - 1)
        if pace.size != self._length:
            return
        shifts = _shifts(np.log(pace))
        self.processes += 1
        self._sum += shifts
        self._squares += shifts**2
        factor = find_jump(pace)
        if factor is not None:
            self.jumps += 1
            if abs(math.log(factor)) > abs(math.log(self.largest_jump)):
                self.largest_jump = factor

    def common_change(self) -> Change | None:
        """Return the change that comes at the same sample in every process, if there is one.

        Of each place a change could be, the paired t of the levels before and after it, over
        processes; the probability is multiplied by the number of places (Bonferroni).
        """
        n = self.processes
        if n < estimates.MIN_FOR_INTERVAL:
            return None
        mean = self._sum / n
        variance = np.maximum(self._squares / n - mean**2, 1e-18) * n / (n - 1)
        t = np.abs(mean) / np.sqrt(variance / n)
        place = int(np.argmax(t))
        p = distributions.t_two_sided(n - 1, float(t[place])) * t.size
        if p >= _ALPHA or abs(mean[place]) < _LEAST_SHIFT:
            return None
        return Change(place + 1, math.exp(mean[place]), n)

    def warnings(self) -> tuple[str, ...]:
        """Return in words what does not keep to its level."""
        found = []
        change = self.common_change()
        if change is not None:
            found.append(
                f"not settled: after sample {change.after} of {self._length} it is"
                f" {_percent(change.factor)} in the same process (over {change.processes})"
            )
        if self.jumps:
            found.append(
                f"{self.jumps} of {self.processes} processes jump to another level midway, one of"
                f" them {_percent(self.largest_jump)}"
            )
        return tuple(found)


def _percent(factor: float) -> str:
    word = "slower" if factor > 1 else "faster"
    return f"{100 * (max(factor, 1 / factor) - 1):.0f}% {word}"


def _shifts(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each place the mean after it less the mean before it."""
    before = np.cumsum(logs)[:-1]
    counts = np.arange(1, logs.size)
    shifts: NDArray[np.float64] = (logs.sum() - before) / (logs.size - counts) - before / counts
    return shifts


def find_jump(pace: NDArray[np.float64]) -> float | None:
    """Return the factor by which the level changes inside one process; None if it does not.

    Pettitt's test (1979): by ranks, so that one slow sample is no jump.
    """
    n = pace.size
    if n < _LEAST_SAMPLES:
        return None
    ranks = np.empty(n)
    ranks[np.argsort(pace, kind="stable")] = np.arange(1, n + 1)
    u = 2 * np.cumsum(ranks)[:-1] - np.arange(1, n) * (n + 1)
    place = int(np.argmax(np.abs(u)))
    p = 2 * math.exp(-6 * float(u[place]) ** 2 / (n**3 + n**2))
    if p >= _JUMP_ALPHA:
        return None
    factor = float(np.median(pace[place + 1 :]) / np.median(pace[: place + 1]))
    return factor if abs(math.log(factor)) > math.log(1 + _LEAST_JUMP) else None
