"""Different, tied, undecided: single ratios, and how often a family of them has a false word.

A family is a workload of eight contestants: all 28 pairs are judged together. In each family that
is simulated, blocks differ by the machine and contestants by their processes.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from harness.statistics import estimates
from harness.statistics.estimates import MARGIN, Ratio
from harness.statistics.verdicts import Verdict, judge_ratios

FAMILIES, CONTESTANTS, BLOCKS = 300, 8, 8
MACHINE, PROCESS = 0.3, 0.03
AT_MOST = 0.05 + 2 * math.sqrt(0.05 * 0.95 / FAMILIES)  # 5%, and what chance adds in 300 families


def ratio_of(*logs: float) -> Ratio:
    found = estimates.paired_ratio([(math.exp(log), 1.0) for log in logs])
    assert found is not None
    return found


def about(log: float, spread: float = 0.002) -> Ratio:
    """Return a ratio of six blocks about a logarithm."""
    return ratio_of(*(log + spread * step for step in (-1, 1, -0.5, 0.5, -0.2, 0.2)))


def judged(ratio: Ratio, floor: float = 1.0) -> Verdict:
    (verdict,) = judge_ratios([ratio], floor)
    return verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (about(0), Verdict.TIED),
        (about(math.log(1.2)), Verdict.DIFFERENT),
        (about(0, spread=0.3), Verdict.UNDECIDED),
        (about(math.log(1.09), spread=0.2), Verdict.UNDECIDED),
    ],
)
def test_a_ratio_is_judged_by_where_its_interval_lies(ratio: Ratio, verdict: Verdict) -> None:
    assert judged(ratio) is verdict
    assert judged(ratio.inverse()) is verdict


def test_a_real_difference_inside_the_margin_is_called_different() -> None:
    assert judged(about(math.log(1.03))) is Verdict.DIFFERENT


def test_a_real_difference_below_the_noise_floor_is_tied_if_the_floor_is_inside_the_margin() -> (
    None
):
    assert judged(about(math.log(1.03)), floor=1.05) is Verdict.TIED


def test_nothing_is_tied_if_the_noise_floor_exceeds_the_margin() -> None:
    assert judged(about(0), floor=1.2) is Verdict.UNDECIDED


def test_with_too_few_blocks_it_is_undecided_and_does_not_count_in_the_adjustment() -> None:
    few = ratio_of(*[0.0] * (estimates.MIN_FOR_INTERVAL - 1))
    assert judged(few) is Verdict.UNDECIDED
    borderline = about(math.log(1.2), spread=0.15)
    assert borderline.p == pytest.approx(0.01, rel=0.3)
    assert judge_ratios([borderline, *[few] * 20])[0] is Verdict.DIFFERENT
    assert judge_ratios([borderline, *[about(0)] * 20])[0] is Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("log", "verdict"),
    [(0, Verdict.TIED), (0.01, Verdict.DIFFERENT), (math.log(2), Verdict.DIFFERENT)],
)
def test_a_ratio_that_is_the_same_in_every_block_is_decided(log: float, verdict: Verdict) -> None:
    assert judged(ratio_of(*[log] * 5)) is verdict


def test_the_p_value_of_a_tie_agrees_with_two_one_sided_tests_by_scipy() -> None:
    from scipy import stats

    logs = np.array([0.01, -0.03, 0.05, 0.02, 0.06, -0.01])
    margin = math.log(MARGIN)
    below = stats.ttest_1samp(logs, margin, alternative="less").pvalue
    above = stats.ttest_1samp(logs, -margin, alternative="greater").pvalue
    assert ratio_of(*logs).p_apart == pytest.approx(max(below, above))


def families(slower: float, seed: int) -> list[dict[tuple[int, int], Verdict]]:
    """Judge simulated families in which every second contestant is slower by this factor."""
    draw = np.random.default_rng(seed)
    truth = np.tile([0.0, math.log(slower)], CONTESTANTS // 2)
    pairs = list(combinations(range(CONTESTANTS), 2))
    found = []
    for _ in range(FAMILIES):
        machine = draw.normal(0, MACHINE, (BLOCKS, 1))
        values = np.exp(machine + truth + draw.normal(0, PROCESS, (BLOCKS, CONTESTANTS)))
        ratios = [
            estimates.paired_ratio(list(zip(values[:, a], values[:, b], strict=True)))
            for a, b in pairs
        ]
        verdicts = judge_ratios([ratio for ratio in ratios if ratio is not None])
        found.append(dict(zip(pairs, verdicts, strict=True)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("slower", [1.0, 1.05, 1.1, 1.2])
def test_one_family_in_twenty_has_a_false_difference_or_a_false_tie_at_most(slower: float) -> None:
    found = families(slower, seed=round(100 * slower))
    equals = [pair for pair in found[0] if slower == 1 or (pair[0] - pair[1]) % 2 == 0]
    others = [pair for pair in found[0] if pair not in equals]
    false = sum(any(f[pair] is Verdict.DIFFERENT for pair in equals) for f in found)
    assert false / FAMILIES <= AT_MOST
    if slower >= MARGIN:
        false = sum(any(f[pair] is Verdict.TIED for pair in others) for f in found)
        assert false / FAMILIES <= AT_MOST


def test_large_differences_and_equals_are_found() -> None:
    """Else the bounds above would hold for a judge that never decides."""
    verdicts = [verdict for f in families(1.2, seed=7)[:50] for verdict in f.items()]
    right = [
        verdict is (Verdict.TIED if (a - b) % 2 == 0 else Verdict.DIFFERENT)
        for (a, b), verdict in verdicts
    ]
    assert sum(right) / len(right) > 0.5
