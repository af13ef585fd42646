"""harness.statistics.stopping: one narrow interval is not enough."""

from __future__ import annotations

import pytest

from harness.statistics.stopping import PRECISE_BLOCKS, StoppingRule

NARROW, WIDE = 0.029, 0.031


def after(*blocks: list[float]) -> StoppingRule:
    rule = StoppingRule(0.03)
    for spreads in blocks:
        rule.add_block(spreads)
    return rule


def test_it_is_met_after_enough_precise_blocks_in_a_row() -> None:
    narrow = [[NARROW]] * (PRECISE_BLOCKS - 1)
    assert not after(*narrow).is_met
    assert after(*narrow, [0.03]).is_met
    assert not after(*narrow, [WIDE], [NARROW]).is_met


def test_the_least_precise_ratio_counts() -> None:
    rule = after(*[[NARROW, WIDE]] * 10)
    assert not rule.is_met
    assert rule.widest == WIDE
    assert rule.excess == pytest.approx(0.001)


def test_blocks_without_an_interval_do_not_count_as_precise() -> None:
    assert not after(*[[]] * 4, [NARROW]).is_met


def test_without_any_interval_or_noise_more_blocks_are_useless() -> None:
    assert after([]).is_met
    assert after([0.0]).is_met
