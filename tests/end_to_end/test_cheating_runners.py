"""V1, V3: runners whose numbers are false are not ranked, and each is named with the reason."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.analysis.advice import advice
from harness.analysis.analyse import analyse
from harness.analysis.findings import title
from harness.analysis.obstacle import Obstacle
from harness.analysis.run_results import Analysis, CellResult, ranked
from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.measuring.inventory import Inventory
from harness.measuring.plan import assign, assign_validation
from harness.measuring.validate import validate_cell
from harness.paths import WORKLOADS
from harness.presenting.tables import conforms
from harness.results.records import Cell, Status, Trial
from harness.statistics.growth import Growing, judge_growth
from tests.support.factories import run
from tests.support.planted.bench import HERE, Bench, planted, runner, workload

WORKLOAD = """
title = "Cheated"
question = "Who works?"
shape = "rate"
rules = ["Sum i * i."]
[params.rounds]
unit = "rounds"
min = 1
max = 1_000_000
meaning = "numbers to add"
[work]
operations = "rounds"
grows_with = "rounds"
[oracle]
value = "(rounds - 1) * rounds * (2 * rounds - 1) // 6"
[cases.check]
params = { rounds = 3 }
expect = 5
[cases.headline]
params = { rounds = 20_000 }
warmup = 1
iterations = 2
min_sample_ms = 5
[metrics.call]
label = "time per number"
unit = "ns/number"
better = "lower"
formula = "elapsed_ns / operations"
"""
BLOCKS, WITH_GROWTH = 5, 3
TRIES = 4  # on a busy machine, growth may not be settled after all blocks
INVALID, SUSPECT = Obstacle.INVALID, Obstacle.SUSPECT
GROWS = "times the work took"
CHEATS = {
    "without_rounds": (SUSPECT, GROWS),
    "half_of_the_work": (SUSPECT, GROWS),
    "closed_form": (SUSPECT, GROWS),
    "many_operations": (INVALID, "expected at most 10 per ns"),
    "one_operation": (INVALID, "found 1 operations, expected a multiple of 20,000"),
    "no_time": (INVALID, "found 0 ns, expected more than 0"),
    "endless_time": (INVALID, "10^40 ns in total, expected at most"),
    "longer_than_it_lived": (INVALID, "the process lived no longer"),
    "hundred_cores": (INVALID, "of CPU time, expected at most"),
}
HONEST = ("honest", "honest_and_fast")


def cell(way: str) -> Cell:
    return Cell(Contestant("cheated", way), "headline")


def bench() -> Bench:
    return Bench(
        workloads={"cheated": workload(text=WORKLOAD, id_="cheated")},
        runner_of=lambda contestant: runner(planted(contestant.model, "cheating")),
    )


def measure(measuring: Bench, way: str) -> list[Trial]:
    assignment = assign(cell(way), measuring.workloads).with_looks()
    blocks = range(1 if CHEATS.get(way, (None,))[0] is INVALID else BLOCKS)
    found = [measuring.trial_runner.run(assignment, block, 0) for block in blocks]
    assert None not in found
    return [trial for trial in found if trial is not None]


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    """Measure all, and again those alone that are ranked and should not be, or the reverse."""
    measuring, found, wrong = bench(), dict[str, list[Trial]](), {*CHEATS, *HONEST}
    for _ in range(TRIES):
        found |= {way: measure(measuring, way) for way in wrong}
        wrong = ranked_of(every_trial(found)) ^ set(HONEST)
        wrong |= ranked_of(first_look(every_trial(found))) - set(HONEST)
        if not wrong:
            break
    return every_trial(found)


def every_trial(found: dict[str, list[Trial]]) -> list[Trial]:
    return [trial for of_one in found.values() for trial in of_one]


def first_look(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.block == 0]


def ranked_of(trials: list[Trial]) -> set[str]:
    return {one.name for one in ranked(analysed(trials).workloads["cheated"])}


def analysed(trials: list[Trial]) -> Analysis:
    return analyse(
        run([cell(way) for way in (*CHEATS, *HONEST)], (), {"cheated": WORKLOAD}), trials
    )


@pytest.fixture(scope="module")
def analysis(trials: list[Trial]) -> Analysis:
    return analysed(trials)


def result_of(analysis: Analysis, way: str) -> CellResult:
    (found,) = [one for one in analysis.workloads["cheated"].headline if one.name == way]
    return found


@pytest.mark.parametrize("way", CHEATS)
def test_a_cheat_is_not_ranked_and_named_with_its_reason(analysis: Analysis, way: str) -> None:
    unranked = result_of(analysis, way).unranked
    assert unranked is not None
    obstacle, reason = CHEATS[way]
    assert unranked.obstacle is obstacle
    assert reason in unranked.reason


def test_a_cheat_does_not_lead_a_first_look(trials: list[Trial]) -> None:
    """V3: after one block it is not settled, so not ranked; but one process condemns nobody."""
    assert ranked_of(first_look(trials)) <= set(HONEST)
    first = analysed(first_look(trials))
    for way in (way for way, (obstacle, _) in CHEATS.items() if obstacle is SUSPECT):
        unranked = result_of(first, way).unranked
        assert unranked is not None
        assert unranked.obstacle is Obstacle.UNSETTLED


def test_only_the_honest_are_ranked_titled_and_advised(analysis: Analysis) -> None:
    result = analysis.workloads["cheated"]
    assert {one.name for one in ranked(result)} == set(HONEST)
    assert {one.model for tier in result.comparison.tiers for one in tier} == set(HONEST)
    assert not any(way in title(result).text for way in CHEATS)
    ((aspect,),) = (row.aspects for row in advice(analysis))
    named = {name for one in aspect.choices for name in (*one.names, *one.undecided)}
    assert named <= set(HONEST)


def test_validate_warns_of_skipped_work() -> None:
    measuring = bench()
    check = Cell(Contestant("cheated", "closed_form"), "check")
    assignment = assign_validation(check, measuring.workloads)
    for _ in range(TRIES):
        trial = validate_cell(measuring.trial_runner, assignment, 0)
        assert trial is not None
        if not conforms(trial):
            break
    assert not conforms(trial)
    assert trial.warnings[0].startswith("suspect: 2.0 times the work took")


@pytest.mark.parametrize("workload_id", ["pingpong", "sumsquares"])
@pytest.mark.parametrize("model", ["go", "asyncio"])
def test_honest_implementations_are_not_suspect(
    inventory: Inventory, workload_id: str, model: str
) -> None:
    if not any(offer.contestant.model == model for offer in inventory.runners.offers()):
        pytest.skip(f"{model} is not available here")
    check = Cell(Contestant(workload_id, model), "check")
    runner_ = inventory.trial_runner(1, lambda: False)
    assignment = assign_validation(check, inventory.workloads)
    for _ in range(TRIES):
        trial = validate_cell(runner_, assignment, 0)
        assert trial is not None
        if conforms(trial):
            break
    assert conforms(trial), (trial.message, trial.warnings)
    assert trial.growth is not None
    assert judge_growth([trial.growth]).growing is not Growing.MISSING


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return native.c as a library."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("found no C compiler (cc)")
    built = tmp_path_factory.mktemp("native") / "native.so"
    options = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", built]
    subprocess.run([compiler, *options, HERE / "native.c"], check=True)
    return built


def test_honest_work_in_c_is_ranked(library: Path) -> None:
    """Its calls are as short as honest ones get, and are told from those that skip their work."""
    names = ("noop", "pingpong", "sumsquares")
    shipped = {
        id_: one for id_, one in workload_file.load_folder(WORKLOADS).items() if id_ in names
    }
    measuring = Bench(shipped, lambda _: runner(planted(str(library), "native")))
    cells = [Cell(Contestant(id_, "c"), "headline") for id_ in names]
    trials = [
        measuring.trial_runner.run(assign(cell, shipped).with_looks(), block, 0)
        for cell in cells
        for block in range(WITH_GROWTH)
    ]
    texts = {id_: one.text for id_, one in shipped.items()}
    found = analyse(run(cells, (), texts), [trial for trial in trials if trial is not None])
    for id_ in names:
        (cell,) = found.workloads[id_].headline
        assert (cell.unranked, cell.statuses) == (None, {Status.OK: WITH_GROWTH}), cell.message
