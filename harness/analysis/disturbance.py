"""Which trials of a run were disturbed: something else took the CPU time that they needed. Pure.

A trial is disturbed if any of these holds:

- Steal or throttling was seen while it ran (stored with the trial).
- The speed probe of its block had to wait for a processor.
- One of its samples was robbed: the contestant usually keeps one processor busy, but got clearly
  less CPU time in this sample.

Disturbed trials stay in the estimates: the median over rounds outweighs a minority of disturbed
ones. A processor that is only slower, because of its clock or a neighbour on the same core, takes
no CPU time away and is not seen here; the speed probe's duration shows it (`drift`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from harness.results.records import Cell, Trial

# Of the wall time of work that never waits. In the reference run of 2026-11-20, 186 of 188
# probes and 661 of the 668 samples that are judged had at least 95%, and none of these samples had
# less than 90%. Beside a program that competes for the processor it is about a half.
LEAST_CPU_SHARE = 0.9
_ONE_PROCESSOR = (LEAST_CPU_SHARE, 2 - LEAST_CPU_SHARE)
# Other work can only take CPU time away, so the usual share is near the highest; Chen and Revels
# (2016) argue so for times. This quantile still shows it if up to three of four samples are robbed.
_USUAL = 0.75
_OLD_RULE = "load "  # earlier versions also stored a high load average, which is no evidence


def has_waited(wall_ns: int, cpu_ns: int | None) -> bool:
    """Return whether work that never sleeps had to wait for a processor for a good part."""
    return cpu_ns is not None and cpu_ns < LEAST_CPU_SHARE * wall_ns


def cpu_shares(trial: Trial) -> NDArray[np.float64]:
    """Return CPU time over wall time of each sample after warm-up; NaN if unknown."""
    return np.array(
        [
            np.nan
            if sample.cpu_ns is None or not sample.elapsed_ns
            else sample.cpu_ns / sample.elapsed_ns
            for sample in trial.samples
            if not sample.warmup
        ],
        dtype=float,
    )


def find_robbed(shares: Sequence[NDArray[np.float64]]) -> list[NDArray[np.bool_]]:
    """Return which samples of a contestant were robbed, given the CPU shares of all its trials.

    Only a contestant that usually keeps one processor busy is judged. One that sleeps by nature
    has a share that varies; so has one that spreads its work over several processors.
    """
    known = np.concatenate(shares)
    known = known[np.isfinite(known)]
    usual = float(np.quantile(known, _USUAL)) if known.size else 0.0
    least, most = _ONE_PROCESSOR
    limit = LEAST_CPU_SHARE * usual if least <= usual <= most else 0.0
    return [one < limit for one in shares]  # false for NaN


@dataclass(frozen=True)
class Disturbed:
    """How much of a run was disturbed."""

    trials: int = 0
    blocks: int = 0  # with at least one disturbed trial
    rounds: int = 0  # in which a contestant was disturbed; of blocks that took turns

    def describe(self, of_trials: int) -> str:
        """Describe it in two sentences, given the number of all trials; empty if there is none."""
        if not self.trials:
            return ""
        return (
            f"{self.trials:,} of {units.format_count(of_trials, 'trial')} were disturbed: other"
            " programs, other guests or a quota took CPU time that they needed. They are included"
            " in the results."
        )


@dataclass(frozen=True)
class _Seen:
    """What is kept of one trial."""

    block: int
    takes_turns: bool
    is_told: bool  # steal or throttling was seen while it ran
    first_round: int
    rounds: tuple[int, ...]  # its rounds in which it was seen
    shares: NDArray[np.float64]  # of its samples


@dataclass
class DisturbanceCount:
    """Counts the disturbed trials of a run."""

    _trials: defaultdict[Cell, list[_Seen]] = field(default_factory=lambda: defaultdict(list))
    _waited_blocks: set[int] = field(default_factory=set)  # by their speed probe

    def take(self, trial: Trial) -> None:
        """Take in one trial, in any order."""
        if trial.probe_ns is not None and has_waited(trial.probe_ns, trial.probe_cpu_ns):
            self._waited_blocks.add(trial.block)
        is_told = any(not text.startswith(_OLD_RULE) for text in trial.disturbed)
        self._trials[trial.cell].append(
            _Seen(
                trial.block,
                bool(trial.rounds),
                is_told,
                trial.first_round,
                trial.disturbed_rounds,
                cpu_shares(trial),
            )
        )

    def result(self) -> Disturbed:
        """Return the counts over all trials so far."""
        count = 0
        blocks: set[int] = set()
        rounds: set[tuple[int, int]] = set()
        for trials in self._trials.values():
            robbed = find_robbed([trial.shares for trial in trials])
            for trial, of_trial in zip(trials, robbed, strict=True):
                numbers = {*trial.rounds, *np.flatnonzero(of_trial).tolist()}
                if numbers or trial.is_told or trial.block in self._waited_blocks:
                    count += 1
                    blocks.add(trial.block)
                if trial.takes_turns:
                    rounds |= {(trial.block, trial.first_round + number) for number in numbers}
        return Disturbed(count, len(blocks), len(rounds))
