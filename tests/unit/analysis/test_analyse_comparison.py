"""From trials to comparisons: which contestants differ, above the noise, and their tiers."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from msgspec import structs

from harness.analysis.run_results import by_tier, ranked
from harness.results.records import Trial
from harness.statistics import estimates
from harness.statistics.verdicts import Verdict
from tests.support.factories import CRASHED, WORKLOAD, analysed, cell, result, trial, trials, who

BASE = (100_000, 101_000, 99_000, 100_500, 99_500)
WOBBLE = (1.0, 1.005, 0.995, 1.002, 0.998)


# --- the contestants of a headline case


def scaled(by: float, than: Iterable[float] = BASE) -> list[int]:
    """Return values that differ from others by a factor, give or take half a percent."""
    return [round(by * value * wobble) for value, wobble in zip(than, WOBBLE, strict=True)]


def control(*ratios: float) -> list[Trial]:
    """Return the trials of the A/A control, that differ from asyncio's by these factors."""
    of = [round(value * ratio) for value, ratio in zip(BASE, ratios, strict=True)]
    return trials(structs.replace(cell("asyncio"), control=True), of)


def test_all_pairs_of_the_headline_case_are_compared_in_both_directions() -> None:
    of = [
        *trials("asyncio", [100] * 5),
        *trials("threads", [300] * 5),
        *trials("go", [50] * 5),
        *trials(cell("trio", "tasks-1"), [50] * 5),
    ]
    found = result(*of).comparison
    assert {pair: ratio.value for pair, ratio in found.ratios.items()} == pytest.approx(
        {
            (who("threads"), who("asyncio")): 3,
            (who("asyncio"), who("threads")): 1 / 3,
            (who("asyncio"), who("go")): 2,
            (who("go"), who("asyncio")): 1 / 2,
            (who("threads"), who("go")): 6,
            (who("go"), who("threads")): 1 / 6,
        }
    )
    assert found.verdicts == dict.fromkeys(found.ratios, Verdict.DIFFERENT)


def test_contestants_are_compared_inside_blocks_so_that_drift_cancels() -> None:
    drift = [10_000, 1_000_000, 20_000, 500_000, 30_000]
    of = [*trials("asyncio", drift), *trials("trio", scaled(1.05, drift))]
    found = result(*of).comparison
    assert found.ratios[who("trio"), who("asyncio")].value == pytest.approx(1.05, rel=0.01)
    assert found.is_different(who("trio"), who("asyncio"))


def test_equals_are_tied() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [101_000, 100_000, 99_500, 100_200, 99_300])]
    found = result(*of).comparison
    assert found.verdicts == dict.fromkeys(found.ratios, Verdict.TIED)


def test_with_too_few_blocks_there_is_a_ratio_but_no_decision() -> None:
    of = [
        *trials("asyncio", BASE),
        *trials("trio", scaled(3)),
        *trials("go", [40] * 4),
    ]
    found = result(*of).comparison
    assert found.ratios[who("go"), who("asyncio")].n == 4
    assert found.verdict(who("trio"), who("asyncio")) is Verdict.DIFFERENT
    assert found.verdict(who("go"), who("asyncio")) is Verdict.UNDECIDED
    assert found.count_decided() == (1, 3)
    assert found.count_decided([(who("go"), who("asyncio"))]) == (0, 1)


def test_a_contestant_with_a_value_that_is_not_positive_is_not_compared() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [0, 50, 50, 50, 50])]
    found = result(*of).comparison
    assert (found.ratios, found.verdicts, found.tiers) == ({}, {}, ())


def borderline() -> list[Trial]:
    """Return two contestants whose difference has a probability between 1 and 5 percent."""
    return [
        *trials("asyncio", [10_000] * 5),
        *trials("trio", [round(10_000 * math.exp(log)) for log in (0.1, 0.2, 0.3, 0.4, 0.5)]),
    ]


def test_a_borderline_difference_is_real_if_it_is_the_only_one_tested() -> None:
    found = result(*borderline()).comparison
    assert found.ratios[who("trio"), who("asyncio")].p == pytest.approx(0.0132, abs=1e-3)
    assert found.is_different(who("trio"), who("asyncio"))


def test_a_borderline_difference_is_not_real_among_many() -> None:
    others = [
        trial
        for model in ("uvloop", "threads", "go")
        for trial in trials(model, [9_000, 11_000, 10_050, 9_950, 10_000])
    ]
    found = result(*borderline(), *others).comparison
    assert found.ratios[who("trio"), who("asyncio")].p == pytest.approx(0.0132, abs=1e-3)
    assert not found.is_different(who("trio"), who("asyncio"))
    assert Verdict.DIFFERENT not in found.verdicts.values()


def test_a_large_difference_is_real_among_many() -> None:
    others = [
        trial
        for model in ("uvloop", "threads", "go")
        for trial in trials(model, [9_000, 11_000, 10_050, 9_950, 10_000])
    ]
    of = [*trials("asyncio", [10_000] * 5), *trials("trio", scaled(3)), *others]
    assert result(*of).comparison.is_different(who("trio"), who("asyncio"))


# --- the A/A control and the noise floor


def test_without_a_control_there_is_no_noise_floor() -> None:
    found = result(*trials("asyncio", BASE), *trials("trio", scaled(1.05))).comparison
    assert (found.control, found.floor) == (None, None)


def test_the_noise_floor_is_the_far_end_of_the_interval_of_the_control() -> None:
    above = result(*trials("asyncio", BASE), *control(1.0, 1.02, 1.03, 1.01, 1.04)).comparison
    assert above.control.value == pytest.approx(1.02, rel=0.001)
    assert above.floor == above.control.high > 1
    below = result(*trials("asyncio", BASE), *control(1.0, 0.98, 0.97, 0.99, 0.96)).comparison
    assert below.floor == 1 / below.control.low > 1


def test_a_difference_below_the_noise_floor_is_not_real_though_its_probability_is_small() -> None:
    both = [*trials("asyncio", BASE), *trials("trio", scaled(1.05))]
    assert result(*both).comparison.is_different(who("trio"), who("asyncio"))
    found = result(*both, *control(1.0, 1.1, 0.9, 1.15, 0.95)).comparison
    assert found.ratios[who("trio"), who("asyncio")].p < 0.001
    assert found.floor > 1.05
    assert found.verdicts == dict.fromkeys(found.ratios, Verdict.UNDECIDED)
    assert found.tiers == ((who("asyncio"), who("trio")),)


def test_a_difference_above_the_noise_floor_is_real() -> None:
    both = [*trials("asyncio", BASE), *trials("trio", scaled(3)), *trials("go", scaled(1 / 3))]
    found = result(*both, *control(1.0, 1.1, 0.9, 1.15, 0.95)).comparison
    assert found.floor > 1.05
    assert found.verdicts == dict.fromkeys(found.ratios, Verdict.DIFFERENT)


def test_a_control_of_too_few_blocks_sets_no_floor() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", scaled(1.05)), *control(1, 2, 1, 2, 1)[:4]]
    found = result(*of).comparison
    assert found.control.n == 4
    assert found.floor is None
    assert found.is_different(who("trio"), who("asyncio"))


def test_the_control_is_compared_inside_blocks_in_which_both_succeeded() -> None:
    twin = structs.replace(cell("asyncio"), control=True)
    of = [
        *trials("asyncio", [100, 1000, 100, 1000, 100, 1000]),
        *trials(twin, [100, 1000, 100, 1000, 100]),
        trial(twin, 5, **CRASHED),
    ]
    assert result(*of).comparison.control == estimates.paired_ratio([(1.0, 1.0)] * 5)


def test_the_control_is_not_among_the_contestants() -> None:
    others = [*trials("asyncio", BASE), *trials("trio", scaled(3))]
    found = result(*others, *control(1.0, 1.01, 0.99, 1.01, 0.99))
    asyncio, trio = who("asyncio"), who("trio")
    assert [cell.name for cell in found.headline] == ["asyncio", "trio"]
    assert [cell.name for cell in ranked(found)] == ["asyncio", "trio"]
    assert set(found.comparison.ratios) == {(asyncio, trio), (trio, asyncio)}
    assert found.comparison.tiers == ((asyncio,), (trio,))
    assert found.cases == result(*others).cases


def test_the_trials_of_a_control_are_counted() -> None:
    of = [*trials("asyncio", BASE), *control(1.0, 1.01, 0.99, 1.01, 0.99)]
    assert (analysed(*of).trials, analysed(*of).blocks) == (10, 5)


# --- tiers


def test_a_contestant_that_differs_from_the_best_of_a_tier_begins_the_next_tier() -> None:
    """Trio does not differ from uvloop, nor uvloop from asyncio, but trio differs from asyncio."""
    blocks = 20
    base = [1_000_000] * blocks
    wobbles = [1.02, 0.98] * (blocks // 2), [1.02, 1.02, 0.98, 0.98] * (blocks // 4)
    of = [
        *trials("asyncio", base),
        *trials("uvloop", [round(1.011 * 1_000_000 * factor) for factor in wobbles[0]]),
        *trials("trio", [round(1.022 * 1_000_000 * factor) for factor in wobbles[1]]),
        *trials("threads", [3 * value for value in base]),
        *trials("go", [round(3.01 * 1_000_000 * factor) for factor in wobbles[0]]),
    ]
    found = result(*of).comparison
    asyncio, uvloop, trio, threads, go = map(who, ("asyncio", "uvloop", "trio", "threads", "go"))
    assert not found.is_different(uvloop, asyncio)
    assert not found.is_different(trio, uvloop)
    assert found.is_different(trio, asyncio)
    assert found.tiers == ((asyncio, uvloop), (trio,), (threads, go))
    assert list(map(found.tier_of, (asyncio, uvloop, trio, threads, go))) == [1, 1, 2, 3, 3]


def test_what_is_undecided_against_the_best_is_in_its_tier_though_its_estimate_is_worse() -> None:
    """So every member of a later tier is different from the best: title and bands agree."""
    of = [
        *trials("asyncio", BASE),
        *trials("trio", scaled(1.2)),
        *trials("go", scaled(1.0)),
        *trials("threads", [100_000, 230_000, 120_000, 210_000, 130_000]),
    ]
    found = result(*of)
    comparison = found.comparison
    assert [cell.name for cell in ranked(found)] == ["asyncio", "go", "trio", "threads"]
    assert comparison.tiers == ((who("asyncio"), who("go"), who("threads")), (who("trio"),))
    assert [cell.name for cell in by_tier(found)] == ["asyncio", "go", "threads", "trio"]
    standings = [comparison.standing(cell.contestant) for cell in by_tier(found)]
    assert standings == ["1", "1 tied", "1 undecided", "2"]
    assert comparison.standing(who("uvloop")) == ""


def test_if_more_is_better_the_first_tier_has_the_largest() -> None:
    text = WORKLOAD.replace('better = "lower"', 'better = "higher"', 1)
    found = result(*trials("asyncio", BASE), *trials("trio", scaled(3)), text=text)
    assert found.comparison.tiers == ((who("trio"),), (who("asyncio"),))


def test_equals_share_one_tier() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [101_000, 100_000, 99_500, 100_200, 99_300])]
    assert result(*of).comparison.tiers == ((who("asyncio"), who("trio")),)


def test_a_contestant_that_failed_once_has_no_tier() -> None:
    of = [
        *trials("asyncio", BASE),
        *trials("trio", scaled(3)),
        *trials("go", scaled(1 / 3)),
        trial("go", 5, **CRASHED),
    ]
    found = result(*of).comparison
    assert found.tiers == ((who("asyncio"),), (who("trio"),))
    assert found.tier_of(who("go")) is None


@pytest.mark.parametrize("blocks", [1, 4])
def test_with_too_few_blocks_there_are_no_tiers(blocks: int) -> None:
    of = [*trials("asyncio", BASE[:blocks]), *trials("trio", scaled(3)[:blocks])]
    found = result(*of).comparison
    assert found.tiers == ()
    assert found.tier_of(who("asyncio")) is None


@pytest.mark.parametrize("values", [[1] * 4, [0, *BASE[1:]], [0] * 5])
def test_one_contestant_without_a_ratio_changes_nothing_for_the_others(values: list[int]) -> None:
    others = [*trials("asyncio", BASE), *trials("trio", scaled(3))]
    alone, beside = result(*others), result(*others, *trials("go", values))
    assert beside.comparison.tiers == alone.comparison.tiers == ((who("asyncio"),), (who("trio"),))
    pair = who("trio"), who("asyncio")
    assert beside.comparison.verdict(*pair) is alone.comparison.verdict(*pair) is Verdict.DIFFERENT
