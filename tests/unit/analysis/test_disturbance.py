"""Which trials count as disturbed, and that disturbed rounds are outweighed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from harness.analysis.analyse import analyse
from harness.analysis.disturbance import Disturbed, has_waited
from harness.results.records import Sample, Trial
from harness.statistics.blocks import BlockValues, pair_blocks
from tests.support.factories import run, trial

MS = 1_000_000
BUSY, ROBBED = 1.0, 0.55  # CPU shares


def sampled(shares: Sequence[float | None], block: int = 0, *, in_turns: bool = True) -> Trial:
    """Return a trial whose samples of 100 ms have these CPU shares, after a warm-up without any."""
    samples = (
        Sample(100 * MS, 10, cpu_ns=None if share is None else round(share * 100 * MS))
        for share in shares
    )
    warmup = Sample(100 * MS, 10, warmup=True, cpu_ns=0)
    count = len(shares) if in_turns else 0
    return trial(block=block, samples=(warmup, *samples), rounds=count)


def disturbed(*trials: Trial) -> Disturbed:
    return analyse(run(list({one.cell for one in trials})), trials).disturbed


def test_a_probe_waited_if_it_had_less_than_nine_tenths_of_the_time() -> None:
    assert [has_waited(100, cpu) for cpu in (100, 90, 89, None)] == [False, False, True, False]


def test_every_trial_of_a_block_whose_probe_waited_is_disturbed() -> None:
    probed = {"probe_ns": 5 * MS, "probe_cpu_ns": 3 * MS}
    calm = {"probe_ns": 8 * MS, "probe_cpu_ns": 8 * MS}  # slow, but not kept waiting
    found = disturbed(trial("trio", 0), trial("asyncio", 0, **probed), trial("asyncio", 1, **calm))
    assert (found.trials, found.blocks) == (2, 1)


def test_steal_and_throttling_disturb_a_trial_and_a_high_load_does_not() -> None:
    found = disturbed(
        trial(block=0, disturbed=("4% of the CPU time was given to other guests (steal)",)),
        trial(block=1, disturbed=("throttled for 50 ms by a cgroup quota",)),
        trial(block=2, disturbed=("load 3.7 before it began",)),  # of an earlier version
        trial(block=3, rounds=5, disturbed_rounds=(0, 4)),
    )
    assert found == Disturbed(trials=3, blocks=3, rounds=2)


def test_a_sample_that_got_less_cpu_time_than_usual_disturbs_its_trial_and_round() -> None:
    found = disturbed(
        sampled([BUSY] * 5, block=0),
        sampled([BUSY, ROBBED, 0.97, ROBBED, BUSY], block=1),
        sampled([0.95, BUSY, BUSY, BUSY, BUSY], block=2),
    )
    assert found == Disturbed(trials=1, blocks=1, rounds=2)


def test_samples_are_judged_even_if_most_were_robbed() -> None:
    found = disturbed(*(sampled([ROBBED] * 2 + [BUSY], block) for block in range(4)))
    assert found == Disturbed(trials=4, blocks=4, rounds=8)


@pytest.mark.parametrize("usual", [0.004, 0.75, 1.9])
def test_a_contestant_that_sleeps_or_uses_several_processors_is_not_judged_by_its_samples(
    usual: float,
) -> None:
    assert disturbed(sampled([usual] * 4 + [usual / 2])) == Disturbed()


def test_a_contestant_that_shares_a_round_with_a_disturbed_one_is_not_disturbed() -> None:
    other = trial("trio", samples=(Sample(100 * MS, 10, cpu_ns=100 * MS),) * 5, rounds=5)
    assert disturbed(sampled([BUSY] * 4 + [ROBBED]), other) == Disturbed(1, 1, 1)


def test_unknown_cpu_time_is_not_evidence() -> None:
    assert disturbed(sampled([None, None, None])) == Disturbed()
    assert disturbed(sampled([None, BUSY, BUSY, ROBBED])) == Disturbed(1, 1, 1)


def test_a_trial_alone_has_no_rounds() -> None:
    assert disturbed(sampled([BUSY, BUSY, ROBBED], in_turns=False)) == Disturbed(1, 1, 0)


def test_the_sentence_counts_the_trials_and_says_why() -> None:
    assert Disturbed().describe(9) == ""
    assert Disturbed(1_200).describe(2_000).startswith("1,200 of 2,000 trials were disturbed: ")


@pytest.mark.parametrize("robbed", [(0,), (1, 3)])
def test_the_median_over_rounds_outweighs_a_minority_of_disturbed_rounds(
    robbed: tuple[int, ...],
) -> None:
    this, that = np.array([20.0, 20.2, 19.8, 20.1, 19.9]), np.array([10.0] * 5)
    for number in robbed:
        this[number] *= 3  # only this side of the round was hit
    these, those = BlockValues(), BlockValues()
    these.add(0, this, 5)
    those.add(0, that, 5)
    ((mine, theirs),) = pair_blocks(these, those)
    assert mine / theirs == pytest.approx(2, abs=0.02)
