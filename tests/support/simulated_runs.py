"""Simulated runs with a known truth: what a machine with slow phases makes of samples.

All runs lie on one time axis, one after the other. On it the machine alternates between fast and
slow phases. A sample takes its own time, which its process and itself decide, longer in proportion
to how much of it lies in slow phases. Vectorised and seeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, pair_block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.statistics.estimates import Ratio
    from harness.statistics.stopping import StoppingRule

MOST_BLOCKS = 60  # then the budget is spent

_PHASE_S = (0.2, 5.0)  # how long a phase lasts, fast or slow; its logarithm is uniform
_SLOWDOWN = (1.5, 1.9)  # of a slow phase
_START_S = 0.3  # to start and warm up the processes of a block, or one that is measured alone
_TURN_S = 0.003  # run-up and messages of a turn
_PAUSE_S = 10.0  # between two blocks of a case, while others are measured
_STRAY = (0.1, 0.4)  # by how much, as a logarithm, a stray process is slower
_SLOWER = 0.1  # by how much, as a logarithm, some of the processes of a bimodal contestant are


@dataclass(frozen=True)
class Scenario:
    """A machine, contestants that all take equally long, and when to stop.

    Deviations are those of natural logarithms, so 0.02 is about 2%.
    """

    name: str
    has_slow_phases: bool = True
    process: float = 0.02  # standard deviation between processes of one contestant
    sample: float = 0.015  # standard deviation between samples of one process
    bimodal: float = 0.0  # share of processes that are slower
    stray: float = 0.0  # share of processes that are far slower, each by another amount
    contestants: int = 2  # the first is the baseline
    rounds: int = 5
    sample_s: float = 0.01
    alone: bool = False  # one contestant after the other
    precision: float = 0.03  # asked for, of all ratios to the baseline


SCENARIOS = (
    Scenario("quiet machine", has_slow_phases=False),
    Scenario("slow phases"),
    Scenario("small process effects, 1%", process=0.01),
    Scenario("big process effects, 5%", process=0.05),
    Scenario("short and noisy samples", sample=0.05, sample_s=0.005),
    Scenario("three rounds of long samples", rounds=3, sample_s=0.02),
    Scenario("one process in seven is slower", bimodal=1 / 7),
    Scenario("every other process is slower", process=0.01, bimodal=0.5),
    Scenario("one process in twenty is far slower", stray=1 / 20),
    Scenario("few blocks: precision 10%, effects 5%", process=0.05, precision=0.1),
    Scenario("six contestants, effects 1%", contestants=6, process=0.01, sample_s=0.02),
    Scenario("twelve contestants, effects 5%", contestants=12, process=0.05),
    Scenario("alone, precision 10%", alone=True, precision=0.1),
)


def simulate(scenario: Scenario, runs: int, blocks: int, seed: int) -> NDArray[np.float64]:
    """Return the logarithms of sample times: runs x blocks x contestants x rounds.

    They are relative to what a sample takes on average, so all true ratios are 1.
    """
    rng = np.random.default_rng(seed)
    processes = (runs, blocks, scenario.contestants)
    process = rng.normal(0, scenario.process, processes)
    process += _SLOWER * (rng.random(processes) < scenario.bimodal)
    if scenario.stray:
        process += rng.uniform(*_STRAY, processes) * (rng.random(processes) < scenario.stray)
    own = process[..., None] + rng.normal(0, scenario.sample, (*processes, scenario.rounds))
    if not scenario.has_slow_phases:
        return own
    return own + np.log(_slowdown(_starts(scenario, runs, blocks, rng), scenario.sample_s, rng))


def block_ratios(log_times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithms of the ratios inside rounds: runs x blocks x others x rounds."""
    return log_times[:, :, 1:] - log_times[:, :, :1]


def measure(log_times: NDArray[np.float64], rule: StoppingRule) -> list[Ratio]:
    """Return the ratios of one run to its baseline, as the harness estimates them when it stops.

    `log_times` is blocks x contestants x rounds.
    """
    base, *others = (BlockValues() for _ in range(log_times.shape[1]))
    pairs: list[list[tuple[float, float]]] = [[] for _ in others]
    found: list[Ratio] = []
    for block, contestants in enumerate(np.exp(log_times)):
        for values, samples in zip((base, *others), contestants, strict=True):
            values.add(block, samples, samples.size)
        for values, earlier in zip(others, pairs, strict=True):
            pair = pair_block(values, base, block)
            assert pair is not None
            earlier.append(pair)
        if block + 1 < estimates.MIN_FOR_INTERVAL:
            continue
        found = [ratio for earlier in pairs if (ratio := estimates.paired_ratio(earlier))]
        rule.add_block(ratio.spread for ratio in found if ratio.spread is not None)
        if rule.is_met:
            break
    return found


def is_covered(ratio: Ratio) -> bool:
    """Return whether an interval contains the true ratio, which is 1."""
    assert ratio.low is not None
    assert ratio.high is not None
    return ratio.low <= 1 <= ratio.high


def _starts(
    scenario: Scenario, runs: int, blocks: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return when each sample starts, in seconds: runs x blocks x contestants x rounds."""
    count, rounds = scenario.contestants, np.arange(scenario.rounds)
    if scenario.alone:
        order = rng.permuted(np.tile(np.arange(count), (runs, blocks, 1)), axis=-1)
        trial_s = _START_S + rounds.size * scenario.sample_s
        within = trial_s * order[..., None] + scenario.sample_s * rounds
    else:
        places = np.tile(np.arange(count), (runs, blocks, rounds.size, 1))
        order = rng.permuted(places, axis=-1).swapaxes(-1, -2)
        within = (scenario.sample_s + _TURN_S) * (order + count * rounds)
    block_s = float(within.max()) + _START_S + _PAUSE_S
    return within + block_s * np.arange(runs * blocks).reshape(runs, blocks, 1, 1)


def _slowdown(
    starts: NDArray[np.float64], sample_s: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the mean slowdown of the machine during each sample."""
    low, high = np.log(_PHASE_S)
    mean_s = (_PHASE_S[1] - _PHASE_S[0]) / (high - low)
    end_s = float(starts.max()) + sample_s
    phases = np.exp(rng.uniform(low, high, int(1.2 * end_s / mean_s) + 200))
    speeds = rng.uniform(*_SLOWDOWN, phases.size)
    speeds[::2] = 1.0
    ends = np.concatenate([[0.0], np.cumsum(phases)])
    spent = np.concatenate([[0.0], np.cumsum(phases * speeds)])
    assert ends[-1] > end_s
    return (np.interp(starts + sample_s, ends, spent) - np.interp(starts, ends, spent)) / sample_s
