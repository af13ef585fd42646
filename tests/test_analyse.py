"""From trials to estimates and comparisons."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest
from msgspec import structs

from harness import stats
from harness.analyse import Analysis, CellResult, Comparison, WorkloadResult, analyse, ranked
from harness.records import Absence, AbsentCell, Cell, Sample, Status, Trial
from harness.workload import HEADLINE
from tests.factories import WORKLOAD, cell, run, trial, trials, workload

MS = 1_000_000
FIVE = (50, 51, 52, 53, 54)
BASE = (100_000, 101_000, 99_000, 100_500, 99_500)
WOBBLE = (1.0, 1.005, 0.995, 1.002, 0.998)
CRASHED = {"status": Status.CRASH, "message": "it hurts", "samples": (Sample(1, 10, cpu_ns=1),)}


def analysed(*of: Trial, absent: tuple[AbsentCell, ...] = (), text: str = WORKLOAD) -> Analysis:
    cells = dict.fromkeys(one.cell for one in of)
    return analyse(run(list(cells), absent, {"demo": text}), of)


def result(*of: Trial, absent: tuple[AbsentCell, ...] = (), text: str = WORKLOAD) -> WorkloadResult:
    return analysed(*of, absent=absent, text=text).workloads["demo"]


def one_cell(found: WorkloadResult, model: str, case: str = HEADLINE) -> CellResult:
    (one,) = (one for one in found.cases[case] if one.contestant == model)
    return one


# One cell


def test_a_metric_is_estimated_from_one_number_a_trial() -> None:
    found = one_cell(result(*trials("trio", FIVE)), "trio").metrics["elapsed"]
    assert (found.value, found.n) == (52, 5)
    assert 50 <= found.low <= 52 <= found.high <= 54


def test_a_trial_counts_with_the_median_of_its_samples_after_warm_up() -> None:
    samples = (
        Sample(900, 10, warmup=True),
        Sample(70, 10),
        Sample(500, 10),
        Sample(60, 10),
    )
    found = one_cell(result(trial("trio", samples=samples)), "trio").metrics["elapsed"]
    assert (found.value, found.n) == (70, 1)


def test_fewer_blocks_than_an_interval_needs_give_none() -> None:
    found = one_cell(result(*trials("trio", FIVE[:4])), "trio").metrics["elapsed"]
    assert (found.low, found.high, found.n) == (None, None, 4)


def test_the_same_trials_give_the_same_results() -> None:
    of = [*trials("trio", FIVE), *trials("asyncio", FIVE[::-1])]
    assert analysed(*of) == analysed(*of)


def test_a_failed_trial_enters_no_estimate_and_is_counted() -> None:
    of = [
        *trials("trio", FIVE, usage={"peak_bytes": 100}),
        trial("trio", 5, **CRASHED, usage={"peak_bytes": 10**9}),
        trial("trio", 6, **{**CRASHED, "status": Status.TIMEOUT, "message": "too slow"}),
    ]
    found = one_cell(result(*of), "trio")
    assert (found.metrics["elapsed"].value, found.metrics["elapsed"].n) == (52, 5)
    assert found.statuses == {Status.OK: 5, Status.CRASH: 1, Status.TIMEOUT: 1}
    assert (found.attempts, found.failures) == (7, 2)
    assert found.message == "too slow"
    assert found.peak_bytes == 100


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_a_cell_of_which_every_trial_failed_has_no_number_at_all(status: Status) -> None:
    of = trials("trio", FIVE, status=status)
    found = one_cell(result(*of, *trials("asyncio", FIVE)), "trio")
    assert (found.metrics, found.ratio, found.peak_bytes) == ({}, None, None)
    assert found.failures == 5


def test_the_peak_is_the_median_of_the_trials_that_tell_it() -> None:
    peaks = [{"peak_bytes": 10}, {}, {"peak_bytes": 30}, {"peak_bytes": 1000}]
    of = [trial("trio", block, usage=usage) for block, usage in enumerate(peaks)]
    assert one_cell(result(*of), "trio").peak_bytes == 30


def test_a_peak_that_no_trial_tells_is_unknown_and_not_zero() -> None:
    assert one_cell(result(trial("trio")), "trio").peak_bytes is None


def test_a_metric_of_unknown_cpu_time_is_left_out_and_not_zero() -> None:
    found = one_cell(result(*trials("trio", FIVE)), "trio")
    assert "cores" not in found.metrics
    assert "elapsed" in found.metrics


def test_a_metric_is_taken_from_the_samples_that_know_it() -> None:
    known, unknown = Sample(100, 10, cpu_ns=150), Sample(100, 10)
    of = [trial("trio", 0, samples=(known, unknown)), trial("trio", 1, samples=(unknown,))]
    found = one_cell(result(*of), "trio").metrics["cores"]
    assert (found.value, found.n) == (1.5, 1)


def test_a_cpu_time_of_zero_is_a_number_like_any_other() -> None:
    of = trial("trio", samples=(Sample(100, 10, cpu_ns=0),))
    assert one_cell(result(of), "trio").metrics["cores"].value == 0


@pytest.mark.parametrize("formula", ["elapsed_ns / (tasks - 10)", "1.0 * elapsed_ns ** 64"])
def test_a_metric_that_cannot_be_computed_is_left_out(formula: str) -> None:
    text = WORKLOAD.replace('"cpu_ns / elapsed_ns"', f'"{formula}"')
    found = one_cell(result(trial("trio"), text=text), "trio")
    assert list(found.metrics) == ["elapsed"]


def test_a_metric_may_use_the_parameters_the_ideal_and_the_operations() -> None:
    formula = "(elapsed_ns - ideal_ns) / tasks + operations"
    text = WORKLOAD.replace('"cpu_ns / elapsed_ns"', f'"{formula}"')
    asyncio, sequential = trial("asyncio", 0, 51 * MS), trial("sequential", 0, 520 * MS)
    found = result(asyncio, sequential, text=text)
    assert one_cell(found, "asyncio").metrics["cores"].value == MS / 10 + 10
    assert one_cell(found, "sequential").metrics["cores"].value == 20 * MS / 10 + 10


# Ratios


def test_a_ratio_is_formed_within_blocks_so_that_drift_cancels() -> None:
    drift = [10, 1000, 20, 500, 30]
    of = [*trials("asyncio", drift), *trials("trio", [3 * value for value in drift])]
    found = one_cell(result(*of), "trio").ratio
    assert (found.value, found.low, found.high) == pytest.approx((3, 3, 3))


def test_a_ratio_is_formed_only_from_blocks_that_have_both() -> None:
    of = [
        *(trial("asyncio", block, 100) for block in (0, 1, 2, 3, 4, 5)),
        *(trial("trio", block, 200) for block in (2, 3, 4, 5)),
        *(trial("trio", block, 90_000) for block in (6, 7, 8)),
    ]
    found = one_cell(result(*of), "trio")
    assert found.ratio.value == pytest.approx(2)
    assert (found.ratio.n, found.ratio.has_interval) == (4, False)
    assert found.metrics["elapsed"].n == 7


def test_a_block_in_which_either_failed_enters_no_ratio() -> None:
    of = [
        *trials("asyncio", [100] * 3),
        trial("asyncio", 3, **CRASHED),
        trial("asyncio", 4, 100),
        *trials("trio", [200] * 4),
        trial("trio", 4, **CRASHED),
    ]
    found = one_cell(result(*of), "trio").ratio
    assert (found.value, found.n) == (pytest.approx(2), 3)


def test_the_baseline_is_once_itself() -> None:
    found = one_cell(result(*trials("asyncio", FIVE)), "asyncio").ratio
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_without_the_baseline_there_is_no_ratio() -> None:
    assert one_cell(result(*trials("trio", FIVE)), "trio").ratio is None


def test_the_baseline_of_another_case_is_none() -> None:
    of = [*trials(cell("asyncio", "tasks-100"), FIVE), *trials("trio", FIVE)]
    assert one_cell(result(*of), "trio").ratio is None


def test_a_relative_metric_is_measured_against_the_baseline_of_its_own_language() -> None:
    of = [
        *trials("sequential", [1000] * 5),
        *trials("threads", [500] * 5),
        *trials("go-1cpu", [80] * 5),
        *trials("go", [20] * 5),
    ]
    found = result(*of)
    speedups = {one.contestant: one.metrics["speedup"].value for one in found.cases[HEADLINE]}
    assert speedups == pytest.approx({"sequential": 1, "threads": 2, "go-1cpu": 1, "go": 4})


def test_a_relative_metric_whose_baseline_was_not_measured_is_left_out() -> None:
    found = result(*trials("sequential", FIVE), *trials("go", FIVE))
    assert "speedup" not in one_cell(found, "go").metrics
    assert "speedup" in one_cell(found, "sequential").metrics


def test_a_relative_metric_that_is_better_lower_grows_with_the_value() -> None:
    of = [*trials("sequential", [100] * 5), *trials("threads", [500] * 5)]
    text = WORKLOAD.replace('unit = "x"\nbetter = "higher"', 'unit = "x"\nbetter = "lower"')
    assert one_cell(result(*of, text=text), "threads").metrics["speedup"].value == pytest.approx(5)


# The contestants of a headline case, compared


def apart(by: float, than: Iterable[float] = BASE) -> list[int]:
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
    assert {pair: one.value for pair, one in found.ratios.items()} == pytest.approx(
        {
            ("threads", "asyncio"): 3,
            ("asyncio", "threads"): 1 / 3,
            ("asyncio", "go"): 2,
            ("go", "asyncio"): 1 / 2,
            ("threads", "go"): 6,
            ("go", "threads"): 1 / 6,
        }
    )
    assert found.differ == dict.fromkeys(found.ratios, True)


def test_contestants_are_compared_inside_blocks_so_that_drift_cancels() -> None:
    drift = [10_000, 1_000_000, 20_000, 500_000, 30_000]
    of = [*trials("asyncio", drift), *trials("trio", apart(1.05, drift))]
    found = result(*of).comparison
    assert found.ratios["trio", "asyncio"].value == pytest.approx(1.05, rel=0.01)
    assert found.told_apart("trio", "asyncio")


def test_equals_are_not_told_apart() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [101_000, 100_000, 99_500, 100_200, 99_300])]
    found = result(*of).comparison
    assert found.differ == {("asyncio", "trio"): False, ("trio", "asyncio"): False}
    assert not found.told_apart("trio", "asyncio")


def test_of_too_few_blocks_there_is_a_ratio_and_no_word_on_whether_it_is_real() -> None:
    of = [
        *trials("asyncio", BASE),
        *trials("trio", apart(3)),
        *trials("go", [40] * 4),
    ]
    found = result(*of).comparison
    assert found.ratios["go", "asyncio"].n == 4
    assert found.differ == {("asyncio", "trio"): True, ("trio", "asyncio"): True}
    assert not found.told_apart("go", "asyncio")


def test_what_is_not_positive_is_compared_with_nobody() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [0, 50, 50, 50, 50])]
    found = result(*of).comparison
    assert (found.ratios, found.differ, found.tiers) == ({}, {}, ())


def borderline() -> list[Trial]:
    """Return two contestants whose difference has a probability between 1 and 5 percent."""
    return [
        *trials("asyncio", [10_000] * 5),
        *trials("trio", [round(10_000 * math.exp(log)) for log in (0.1, 0.2, 0.3, 0.4, 0.5)]),
    ]


def test_a_borderline_difference_is_real_where_it_is_the_only_one_looked_for() -> None:
    found = result(*borderline()).comparison
    assert found.ratios["trio", "asyncio"].p == pytest.approx(0.0132, abs=1e-3)
    assert found.told_apart("trio", "asyncio")


def test_a_borderline_difference_is_not_real_among_many() -> None:
    others = [
        one
        for model in ("uvloop", "threads", "go")
        for one in trials(model, [9_000, 11_000, 10_050, 9_950, 10_000])
    ]
    found = result(*borderline(), *others).comparison
    assert found.ratios["trio", "asyncio"].p == pytest.approx(0.0132, abs=1e-3)
    assert not found.told_apart("trio", "asyncio")
    assert not any(found.differ.values())


def test_a_large_difference_is_real_among_many() -> None:
    others = [
        one
        for model in ("uvloop", "threads", "go")
        for one in trials(model, [9_000, 11_000, 10_050, 9_950, 10_000])
    ]
    of = [*trials("asyncio", [10_000] * 5), *trials("trio", apart(3)), *others]
    assert result(*of).comparison.told_apart("trio", "asyncio")


# The A/A control and the noise floor


def test_without_a_control_there_is_no_noise_floor() -> None:
    found = result(*trials("asyncio", BASE), *trials("trio", apart(1.05))).comparison
    assert (found.control, found.floor) == (None, None)


def test_the_noise_floor_is_the_far_end_of_the_interval_of_the_control() -> None:
    above = result(*trials("asyncio", BASE), *control(1.0, 1.02, 1.03, 1.01, 1.04)).comparison
    assert above.control.value == pytest.approx(1.02, rel=0.001)
    assert above.floor == above.control.high > 1
    below = result(*trials("asyncio", BASE), *control(1.0, 0.98, 0.97, 0.99, 0.96)).comparison
    assert below.floor == 1 / below.control.low > 1


def test_a_difference_below_the_noise_floor_is_not_real_though_its_probability_is_small() -> None:
    both = [*trials("asyncio", BASE), *trials("trio", apart(1.05))]
    assert result(*both).comparison.told_apart("trio", "asyncio")
    found = result(*both, *control(1.0, 1.1, 0.9, 1.15, 0.95)).comparison
    assert found.ratios["trio", "asyncio"].p < 0.001
    assert found.floor > 1.05
    assert found.differ == {("asyncio", "trio"): False, ("trio", "asyncio"): False}
    assert found.tiers == (("asyncio", "trio"),)


def test_a_difference_above_the_noise_floor_is_real() -> None:
    both = [*trials("asyncio", BASE), *trials("trio", apart(3)), *trials("go", apart(1 / 3))]
    found = result(*both, *control(1.0, 1.1, 0.9, 1.15, 0.95)).comparison
    assert found.floor > 1.05
    assert found.differ == dict.fromkeys(found.ratios, True)


def test_a_control_of_too_few_blocks_sets_no_floor() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", apart(1.05)), *control(1, 2, 1, 2, 1)[:4]]
    found = result(*of).comparison
    assert found.control.n == 4
    assert found.floor is None
    assert found.told_apart("trio", "asyncio")


def test_the_control_is_compared_inside_the_blocks_in_which_both_went_well() -> None:
    twin = structs.replace(cell("asyncio"), control=True)
    of = [
        *trials("asyncio", [100, 1000, 100, 1000, 100, 1000]),
        *trials(twin, [100, 1000, 100, 1000, 100]),
        trial(twin, 5, **CRASHED),
    ]
    assert result(*of).comparison.control == stats.ratio([(1.0, 1.0)] * 5)


def test_the_control_is_not_among_the_contestants() -> None:
    others = [*trials("asyncio", BASE), *trials("trio", apart(3))]
    found = result(*others, *control(1.0, 1.01, 0.99, 1.01, 0.99))
    assert [one.contestant for one in found.headline] == ["asyncio", "trio"]
    assert [one.contestant for one in ranked(found)] == ["asyncio", "trio"]
    assert set(found.comparison.ratios) == {("asyncio", "trio"), ("trio", "asyncio")}
    assert found.comparison.tier_of("asyncio (again)") is None
    assert found.cases == result(*others).cases


def test_the_trials_of_a_control_are_counted_as_any_other() -> None:
    of = [*trials("asyncio", BASE), *control(1.0, 1.01, 0.99, 1.01, 0.99)]
    assert (analysed(*of).trials, analysed(*of).blocks) == (10, 5)


# Tiers


def test_tiers_are_cut_where_one_is_told_apart_from_the_best_of_its_tier() -> None:
    """Trio is not told apart from uvloop, nor uvloop from asyncio, but trio is from asyncio."""
    blocks = 20
    base = [1_000_000] * blocks
    wobbles = [1.02, 0.98] * (blocks // 2), [1.02, 1.02, 0.98, 0.98] * (blocks // 4)
    of = [
        *trials("asyncio", base),
        *trials("uvloop", [round(1.008 * 1_000_000 * one) for one in wobbles[0]]),
        *trials("trio", [round(1.016 * 1_000_000 * one) for one in wobbles[1]]),
        *trials("threads", [3 * one for one in base]),
        *trials("go", [round(3.01 * 1_000_000 * one) for one in wobbles[0]]),
    ]
    found = result(*of).comparison
    told = {pair for pair, differ in found.differ.items() if differ}
    assert ("uvloop", "asyncio") not in told
    assert ("trio", "uvloop") not in told
    assert ("trio", "asyncio") in told
    assert found.tiers == (("asyncio", "uvloop"), ("trio",), ("threads", "go"))
    assert [found.tier_of(one) for one in ("asyncio", "uvloop", "trio", "threads", "go")] == [
        1, 1, 2, 3, 3,
    ]  # fmt: skip


def test_where_more_is_better_the_first_tier_has_the_largest() -> None:
    text = WORKLOAD.replace('better = "lower"', 'better = "higher"', 1)
    found = result(*trials("asyncio", BASE), *trials("trio", apart(3)), text=text)
    assert found.comparison.tiers == (("trio",), ("asyncio",))


def test_of_equals_there_is_one_tier() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", [101_000, 100_000, 99_500, 100_200, 99_300])]
    assert result(*of).comparison.tiers == (("asyncio", "trio"),)


def test_whoever_failed_once_has_no_tier() -> None:
    of = [
        *trials("asyncio", BASE),
        *trials("trio", apart(3)),
        *trials("go", apart(1 / 3)),
        trial("go", 5, **CRASHED),
    ]
    found = result(*of).comparison
    assert found.tiers == (("asyncio",), ("trio",))
    assert found.tier_of("go") is None


@pytest.mark.parametrize("blocks", [1, 4])
def test_of_too_few_blocks_there_are_no_tiers(blocks: int) -> None:
    of = [*trials("asyncio", BASE[:blocks]), *trials("trio", apart(3)[:blocks])]
    found = result(*of).comparison
    assert found.tiers == ()
    assert found.tier_of("asyncio") is None


def test_one_contestant_of_too_few_blocks_leaves_no_tiers_at_all() -> None:
    of = [*trials("asyncio", BASE), *trials("trio", apart(3)), *trials("go", [1] * 4)]
    assert result(*of).comparison.tiers == ()


# A workload, a run


def test_the_best_comes_first_and_whoever_failed_once_is_not_ranked() -> None:
    of = [
        *trials("asyncio", [100] * 5),
        *trials("go", [50] * 5),
        *trials("threads", [10] * 5),
        trial("threads", 5, **CRASHED),
    ]
    assert [one.contestant for one in ranked(result(*of))] == ["go", "asyncio"]


def test_where_more_is_better_the_largest_comes_first() -> None:
    text = WORKLOAD.replace('better = "lower"', 'better = "higher"', 1)
    found = result(*trials("asyncio", [100] * 5), *trials("go", [50] * 5), text=text)
    assert [one.contestant for one in ranked(found)] == ["asyncio", "go"]


def test_cells_are_in_the_order_of_models_the_absent_among_them() -> None:
    absent = AbsentCell(cell("uvloop"), Absence.UNAVAILABLE, "it is not installed")
    plain, variant = cell("asyncio"), cell("asyncio", variant="threads")
    found = result(trial("go"), trial(variant), trial(plain), absent=(absent,))
    assert [one.contestant for one in found.headline] == [
        "asyncio",
        "asyncio · threads",
        "uvloop",
        "go",
    ]
    assert one_cell(found, "uvloop").absent is absent
    assert one_cell(found, "uvloop").attempts == 0


def test_cases_are_kept_apart() -> None:
    found = result(trial(cell("trio", "tasks-1"), 0, 5), trial(cell("trio", HEADLINE), 0, 50))
    assert one_cell(found, "trio", "tasks-1").metrics["elapsed"].value == 5
    assert one_cell(found, "trio").metrics["elapsed"].value == 50


def test_the_headline_of_a_run_without_data_has_its_cells_and_no_numbers() -> None:
    found = analyse(run([cell("asyncio"), cell("trio")]), [])
    assert (found.trials, found.blocks, found.warnings) == (0, 0, ())
    headline = found.workloads["demo"].headline
    assert [one.contestant for one in headline] == ["asyncio", "trio"]
    assert all((one.metrics, one.ratio, one.attempts) == ({}, None, 0) for one in headline)
    assert ranked(found.workloads["demo"]) == []
    assert found.workloads["demo"].comparison == Comparison()


def test_where_only_the_check_was_measured_it_is_the_headline() -> None:
    found = result(trial(cell("trio", "check")))
    assert [one.cell.case for one in found.headline] == ["check"]


def test_a_workload_of_which_nothing_was_planned_has_an_empty_headline() -> None:
    found = analyse(run([]), []).workloads["demo"]
    assert (found.headline, found.cases) == ([], {})


def test_the_headline_metric_is_the_first_of_the_file() -> None:
    assert result().metric.id == "elapsed"


def test_trials_and_blocks_are_counted() -> None:
    found = analysed(*trials("trio", FIVE), *trials("go", FIVE), trial("go", 9, **CRASHED))
    assert (found.trials, found.blocks) == (11, 6)


def test_a_warning_is_told_once_with_the_number_of_trials_that_had_it() -> None:
    of = [
        trial("trio", 0, warnings=("left 2 processes running",)),
        trial("trio", 1, warnings=("left 2 processes running", "odd")),
        trial("go", 1, warnings=("odd",)),
    ]
    assert analysed(*of).warnings == (
        "demo, trio: left 2 processes running (2 trials)",
        "demo, trio: odd",
        "demo, go: odd",
    )


def test_a_run_is_read_with_the_workload_file_it_was_made_with() -> None:
    text = WORKLOAD.replace('formula = "elapsed_ns"', 'formula = "2 * elapsed_ns"', 1)
    assert one_cell(result(trial("trio", 0, 50), text=text), "trio").metrics["elapsed"].value == 100
    assert workload(text).metrics["elapsed"].formula({"elapsed_ns": 50}) == 100


def test_trials_are_taken_in_one_by_one() -> None:
    of = [trial("trio", block, value) for block, value in enumerate(FIVE)]
    found = analyse(run([cell("trio")]), iter(of)).workloads["demo"]
    expected = stats.estimate(FIVE, f"{Cell('demo', HEADLINE, 'trio')} elapsed")
    assert one_cell(found, "trio").metrics["elapsed"] == expected
