"""From trials to estimates, ratios to the baseline, and the results of a run."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.comparison import Comparison
from harness.analysis.run_results import CellResult, WorkloadResult, ranked
from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.errors import Problem
from harness.results.records import Absence, AbsentCell, Cell, Sample, Status
from harness.statistics import estimates
from tests.support.factories import (
    CRASHED,
    WORKLOAD,
    analysed,
    cell,
    result,
    run,
    trial,
    trials,
    who,
    workload,
)

MS = 1_000_000
FIVE = (50, 51, 52, 53, 54)


def find_cell(found: WorkloadResult, model: str, case: str = HEADLINE) -> CellResult:
    (result,) = (cell for cell in found.cases[case] if cell.contestant == who(model))
    return result


# One cell


def test_a_metric_is_estimated_from_one_number_a_trial() -> None:
    found = find_cell(result(*trials("trio", FIVE)), "trio").metrics["elapsed"]
    assert (found.value, found.n) == (52, 5)
    assert 50 <= found.low <= 52 <= found.high <= 54


def test_a_trial_counts_with_the_median_of_its_samples_after_warm_up() -> None:
    samples = (
        Sample(900, 10, warmup=True),
        Sample(70, 10),
        Sample(500, 10),
        Sample(60, 10),
    )
    found = find_cell(result(trial("trio", samples=samples)), "trio").metrics["elapsed"]
    assert (found.value, found.n) == (70, 1)


def test_fewer_blocks_than_an_interval_needs_give_none() -> None:
    found = find_cell(result(*trials("trio", FIVE[:4])), "trio").metrics["elapsed"]
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
    found = find_cell(result(*of), "trio")
    assert (found.metrics["elapsed"].value, found.metrics["elapsed"].n) == (52, 5)
    assert found.statuses == {Status.OK: 5, Status.CRASH: 1, Status.TIMEOUT: 1}
    assert (found.attempts, found.failures) == (7, 2)
    assert found.message == "too slow"
    assert found.peak_bytes == 100


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OK])
def test_a_cell_whose_trials_all_failed_has_no_numbers(status: Status) -> None:
    of = trials("trio", FIVE, status=status)
    found = find_cell(result(*of, *trials("asyncio", FIVE)), "trio")
    assert (found.metrics, found.ratio, found.peak_bytes) == ({}, None, None)
    assert found.failures == 5


def test_the_peak_memory_is_the_median_of_the_trials_that_have_it() -> None:
    peaks = [{"peak_bytes": 10}, {}, {"peak_bytes": 30}, {"peak_bytes": 1000}]
    of = [trial("trio", block, usage=usage) for block, usage in enumerate(peaks)]
    assert find_cell(result(*of), "trio").peak_bytes == 30


def test_an_unknown_peak_memory_is_none_and_not_zero() -> None:
    assert find_cell(result(trial("trio")), "trio").peak_bytes is None


def test_a_metric_without_cpu_time_is_left_out_and_not_zero() -> None:
    found = find_cell(result(*trials("trio", FIVE)), "trio")
    assert "cores" not in found.metrics
    assert "elapsed" in found.metrics


def test_a_metric_uses_the_samples_that_have_its_values() -> None:
    known, unknown = Sample(100, 10, cpu_ns=150), Sample(100, 10)
    of = [trial("trio", 0, samples=(known, unknown)), trial("trio", 1, samples=(unknown,))]
    found = find_cell(result(*of), "trio").metrics["cores"]
    assert (found.value, found.n) == (1.5, 1)


def test_a_cpu_time_of_zero_counts() -> None:
    of = trial("trio", samples=(Sample(100, 10, cpu_ns=0),))
    assert find_cell(result(of), "trio").metrics["cores"].value == 0


@pytest.mark.parametrize("formula", ["elapsed_ns / (tasks - 10)", "1.0 * elapsed_ns ** 64"])
def test_a_metric_that_cannot_be_computed_is_left_out(formula: str) -> None:
    text = WORKLOAD.replace('"cpu_ns / elapsed_ns"', f'"{formula}"')
    found = find_cell(result(trial("trio"), text=text), "trio")
    assert list(found.metrics) == ["elapsed"]


def test_a_metric_may_use_the_parameters_the_ideal_and_the_operations() -> None:
    formula = "(elapsed_ns - ideal_ns) / tasks + operations"
    text = WORKLOAD.replace('"cpu_ns / elapsed_ns"', f'"{formula}"')
    asyncio, sequential = trial("asyncio", 0, 51 * MS), trial("sequential", 0, 520 * MS)
    found = result(asyncio, sequential, text=text)
    assert find_cell(found, "asyncio").metrics["cores"].value == MS / 10 + 10
    assert find_cell(found, "sequential").metrics["cores"].value == 20 * MS / 10 + 10


# Ratios


def test_a_ratio_is_formed_within_blocks_so_that_drift_cancels() -> None:
    drift = [10, 1000, 20, 500, 30]
    of = [*trials("asyncio", drift), *trials("trio", [3 * value for value in drift])]
    found = find_cell(result(*of), "trio").ratio
    assert (found.value, found.low, found.high) == pytest.approx((3, 3, 3))


def test_a_ratio_is_formed_only_from_blocks_that_have_both() -> None:
    of = [
        *(trial("asyncio", block, 100) for block in (0, 1, 2, 3, 4, 5)),
        *(trial("trio", block, 200) for block in (2, 3, 4, 5)),
        *(trial("trio", block, 90_000) for block in (6, 7, 8)),
    ]
    found = find_cell(result(*of), "trio")
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
    found = find_cell(result(*of), "trio").ratio
    assert (found.value, found.n) == (pytest.approx(2), 3)


def test_the_ratio_of_the_baseline_to_itself_is_one() -> None:
    found = find_cell(result(*trials("asyncio", FIVE)), "asyncio").ratio
    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_without_the_baseline_there_is_no_ratio() -> None:
    assert find_cell(result(*trials("trio", FIVE)), "trio").ratio is None


def test_the_baseline_of_another_case_is_not_used() -> None:
    of = [*trials(cell("asyncio", "tasks-100"), FIVE), *trials("trio", FIVE)]
    assert find_cell(result(*of), "trio").ratio is None


def test_a_relative_metric_is_measured_against_the_baseline_of_its_own_language() -> None:
    of = [
        *trials("sequential", [1000] * 5),
        *trials("threads", [500] * 5),
        *trials("go-1cpu", [80] * 5),
        *trials("go", [20] * 5),
    ]
    found = result(*of)
    speedups = {cell.name: cell.metrics["speedup"].value for cell in found.cases[HEADLINE]}
    assert speedups == pytest.approx({"sequential": 1, "threads": 2, "go-1cpu": 1, "go": 4})


def test_a_metric_that_is_a_difference_keeps_its_unit_and_may_be_negative() -> None:
    of = [
        *trials("sequential", [1000] * 5),
        *trials("threads", [900] * 5),
        *trials("go-1cpu", [80] * 5),
        *trials("go", [100] * 5),
    ]
    text = WORKLOAD.replace(
        'unit = "x"\nbetter = "higher"', 'unit = "ns"\nbetter = "lower"\nrelation = "difference"'
    )
    found = result(*of, text=text)
    added = {cell.name: cell.metrics["speedup"].value for cell in found.cases[HEADLINE]}
    assert added == {"sequential": 0, "threads": -100, "go-1cpu": 0, "go": 20}


def test_a_relative_metric_whose_baseline_was_not_measured_is_left_out() -> None:
    found = result(*trials("sequential", FIVE), *trials("go", FIVE))
    assert "speedup" not in find_cell(found, "go").metrics
    assert "speedup" in find_cell(found, "sequential").metrics


def test_a_relative_metric_that_is_better_lower_grows_with_the_value() -> None:
    of = [*trials("sequential", [100] * 5), *trials("threads", [500] * 5)]
    text = WORKLOAD.replace('unit = "x"\nbetter = "higher"', 'unit = "x"\nbetter = "lower"')
    assert find_cell(result(*of, text=text), "threads").metrics["speedup"].value == pytest.approx(5)


# A workload, a run


def test_the_best_comes_first_and_a_contestant_that_failed_once_is_not_ranked() -> None:
    of = [
        *trials("asyncio", [100] * 5),
        *trials("go", [50] * 5),
        *trials("threads", [10] * 5),
        trial("threads", 5, **CRASHED),
    ]
    assert [cell.contestant for cell in ranked(result(*of))] == [who("go"), who("asyncio")]


def test_if_more_is_better_the_largest_comes_first() -> None:
    text = WORKLOAD.replace('better = "lower"', 'better = "higher"', 1)
    found = result(*trials("asyncio", [100] * 5), *trials("go", [50] * 5), text=text)
    assert [cell.contestant for cell in ranked(found)] == [who("asyncio"), who("go")]


def test_cells_are_in_the_order_of_models_including_absent_ones() -> None:
    absent = AbsentCell(cell("uvloop"), Absence.UNAVAILABLE, "it is not installed")
    plain, variant = cell("asyncio"), cell("asyncio", variant="threads")
    found = result(trial("go"), trial(variant), trial(plain), absent=(absent,))
    assert [cell.contestant for cell in found.headline] == [
        who("asyncio"),
        who("asyncio", "threads"),
        who("uvloop"),
        who("go"),
    ]
    assert [cell.name for cell in found.headline][1] == "asyncio · threads"
    assert find_cell(found, "uvloop").absent is absent
    assert find_cell(found, "uvloop").attempts == 0


def test_each_case_has_its_own_results() -> None:
    found = result(trial(cell("trio", "tasks-1"), 0, 5), trial(cell("trio", HEADLINE), 0, 50))
    assert find_cell(found, "trio", "tasks-1").metrics["elapsed"].value == 5
    assert find_cell(found, "trio").metrics["elapsed"].value == 50


def test_the_headline_of_a_run_without_data_has_its_cells_and_no_numbers() -> None:
    found = analyse(run([cell("asyncio"), cell("trio")]), [])
    assert (found.trials, found.blocks) == (0, 0)
    headline = found.workloads["demo"].headline
    assert [cell.contestant for cell in headline] == [who("asyncio"), who("trio")]
    assert all((cell.metrics, cell.ratio, cell.attempts) == ({}, None, 0) for cell in headline)
    assert ranked(found.workloads["demo"]) == []
    assert found.workloads["demo"].comparison == Comparison()


def test_if_only_the_check_case_was_measured_it_is_the_headline() -> None:
    found = result(trial(cell("trio", "check")))
    assert [cell.cell.case for cell in found.headline] == ["check"]


def test_a_workload_without_cells_has_an_empty_headline() -> None:
    found = analyse(run([]), []).workloads["demo"]
    assert (found.headline, found.cases) == ([], {})


def test_the_headline_metric_is_the_first_of_the_file() -> None:
    assert result().metric.id == "elapsed"


def test_trials_and_blocks_are_counted() -> None:
    found = analysed(*trials("trio", FIVE), *trials("go", FIVE), trial("go", 9, **CRASHED))
    assert (found.trials, found.blocks) == (11, 6)


def test_a_warning_is_listed_once_with_the_number_of_its_trials() -> None:
    of = [
        trial("trio", 0, warnings=("left 2 processes running",)),
        trial("trio", 1, warnings=("left 2 processes running", "odd")),
        trial("go", 1, warnings=("odd",)),
    ]
    found = result(*of)
    assert find_cell(found, "trio").warnings == ("left 2 processes running (2 trials)", "odd")
    assert find_cell(found, "go").warnings == ("odd",)


def test_warnings_that_differ_only_in_numbers_are_merged_with_the_range_of_each_number() -> None:
    of = [
        trial("trio", block, warnings=(f"limited: {share}% of 2 processors, {size} bytes",))
        for block, (share, size) in enumerate([(98, "1,234.5"), (100, "999"), (97, "10,000")])
    ]
    (warning,) = find_cell(result(*of), "trio").warnings
    assert warning == "limited: 97 to 100% of 2 processors, 999 to 10,000 bytes (3 trials)"


def test_a_warning_of_the_control_is_listed_with_its_contestant() -> None:
    again = Cell(who("trio"), HEADLINE, control=True)
    found = result(trial("trio", 0, warnings=("odd",)), trial(again, 0, warnings=("odd",)))
    assert find_cell(found, "trio").warnings == ("odd (2 trials)",)


def test_a_run_is_read_with_the_workload_file_it_was_made_with() -> None:
    text = WORKLOAD.replace('formula = "elapsed_ns"', 'formula = "2 * elapsed_ns"', 1)
    assert (
        find_cell(result(trial("trio", 0, 50), text=text), "trio").metrics["elapsed"].value == 100
    )
    assert workload(text).metrics["elapsed"].formula({"elapsed_ns": 50}) == 100


def test_trials_are_read_one_at_a_time() -> None:
    found = analyse(run([cell("trio")]), iter(trials("trio", FIVE))).workloads["demo"]
    assert find_cell(found, "trio").metrics["elapsed"].n == 5


SEED = "Cell(workload='demo', case='headline', model='trio', variant='', control=False{}) elapsed"
TRIO_3_14 = structs.replace(who("trio"), runtime="3.14t")


@pytest.mark.parametrize(
    ("contestant", "seed"),
    [(who("trio"), SEED.format("")), (TRIO_3_14, SEED.format(", runtime='3.14t'"))],
)
def test_the_bootstrap_is_seeded_with_the_cell_as_schema_1_printed_it(
    contestant: Contestant, seed: str
) -> None:
    """So that the intervals of old runs stay as they were published."""
    (found,) = result(*trials(Cell(contestant, HEADLINE), FIVE)).headline
    assert found.metrics["elapsed"] == estimates.estimate_median(FIVE, seed)


def test_a_model_on_two_runtimes_is_two_contestants() -> None:
    doubled = [2 * value for value in FIVE]
    found = result(*trials("trio", FIVE), *trials(Cell(TRIO_3_14, HEADLINE), doubled))
    assert [cell.name for cell in ranked(found)] == ["trio", "trio @ 3.14t"]
    assert found.comparison.ratios[TRIO_3_14, who("trio")].value == pytest.approx(2)


def test_formulas_use_the_parameters_as_the_model_runs_them() -> None:
    """A limit that clamps gives threads 4 tasks where others have 10."""
    text = WORKLOAD.replace("most = 10\n", "most = 4\nclamps = true\n")
    text = text.replace('"cpu_ns / elapsed_ns"', '"1.0 * tasks"')
    found = result(trial("threads"), trial("trio"), text=text)
    assert find_cell(found, "threads").metrics["cores"].value == 4
    assert find_cell(found, "threads").case.params["tasks"] == 4
    assert find_cell(found, "trio").metrics["cores"].value == 10


# Damaged files


@pytest.mark.parametrize(
    "stranger", [cell(case="none"), Cell(Contestant("other", "trio"), HEADLINE)]
)
def test_a_trial_of_something_that_the_run_does_not_have_is_refused(stranger: Cell) -> None:
    with pytest.raises(Problem, match="expected a case of the run's workloads: demo"):
        analyse(run([cell()], (), {"demo": WORKLOAD}), [trial(), trial(stranger)])
