"""Simulated runs with a known truth: what a machine with slow phases makes of samples.

All runs lie on one time axis, one after the other. On it the machine alternates between fast and
slow phases. A sample takes its work, times what its process and itself add, and the more of it
lies in a slow phase, the longer. Vectorised and seeded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PHASE_S = (0.2, 5.0)  # how long a phase lasts, fast or slow; its logarithm is uniform
_SLOWDOWN = (1.5, 1.9)  # of a slow phase
_START_S = 0.3  # to start and warm up the processes of a block, or one that is measured alone
_TURN_S = 0.003  # run-up and message of a turn
_DRIFT_S = 30.0  # what passes between two blocks of a case, while others are measured


@dataclass(frozen=True)
class Machine:
    """Contestants of one case on one machine; deviations are of natural logarithms."""

    name: str
    contestants: int = 2  # the first is the baseline
    rounds: int = 5
    sample_s: float = 0.01
    process: float = 0.02  # standard deviation between processes of one contestant
    sample: float = 0.015  # standard deviation between samples of one process
    has_slow_phases: bool = False
    bimodal: float = 0.0  # share of the processes that are slower as a whole
    mode: float = math.log(1.1)  # by how much
    alone: bool = False  # one contestant after the other


def simulate(machine: Machine, runs: int, blocks: int, seed: int) -> NDArray[np.float64]:
    """Return the logarithms of sample times: runs x blocks x contestants x rounds.

    All contestants take equally long but for noise, so the true ratios are 1.
    """
    rng = np.random.default_rng(seed)
    shape = (runs, blocks, machine.contestants)
    process = rng.normal(0, machine.process, shape)
    process += machine.mode * (rng.random(shape) < machine.bimodal)
    own = process[..., None] + rng.normal(0, machine.sample, (*shape, machine.rounds))
    if not machine.has_slow_phases:
        return own
    starts = _starts(machine, runs, blocks, rng)
    return own + np.log(_slowdown(starts, machine.sample_s, rng))


def _starts(
    machine: Machine, runs: int, blocks: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return when each sample starts, in seconds."""
    count, rounds = machine.contestants, machine.rounds
    turn_s = machine.sample_s + _TURN_S
    if machine.alone:
        order = rng.permuted(np.tile(np.arange(count), (runs, blocks, 1)), axis=-1)
        trial_s = _START_S + rounds * machine.sample_s
        within = order[..., None] * trial_s + machine.sample_s * np.arange(rounds)
        block_s = count * trial_s
    else:
        order = rng.permuted(np.tile(np.arange(count), (runs, blocks, rounds, 1)), axis=-1)
        within = turn_s * (order.swapaxes(-1, -2) + count * np.arange(rounds))
        block_s = _START_S + turn_s * count * rounds
    begins = (block_s + _DRIFT_S) * np.arange(runs * blocks).reshape(runs, blocks, 1, 1)
    return begins + within


def _slowdown(
    starts: NDArray[np.float64], sample_s: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean slowdown of the machine during each sample."""
    low, high = np.log(_PHASE_S)
    end_s = float(starts.max()) + sample_s
    mean_s = (_PHASE_S[1] - _PHASE_S[0]) / (high - low)
    count = int(1.1 * end_s / mean_s) + 200
    lasts = np.exp(rng.uniform(low, high, count))
    speed = rng.uniform(*_SLOWDOWN, count)
    speed[::2] = 1.0
    ends = np.concatenate([[0.0], np.cumsum(lasts)])
    lost = np.concatenate([[0.0], np.cumsum(lasts * speed)])
    assert ends[-1] > end_s
    return (np.interp(starts + sample_s, ends, lost) - np.interp(starts, ends, lost)) / sample_s
