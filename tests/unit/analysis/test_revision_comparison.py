"""The working tree against a revision that was measured in the same blocks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.changes import CellChange, Change
from harness.analysis.revision_comparison import compare_revision
from harness.analysis.run_results import Analysis
from harness.paths import WORKLOADS
from harness.results.records import CLIENT_LIMITED, Cell, Growth, Sample, Status, Trial
from tests.support.factories import CRASHED, WORKLOAD, cell, run, trial

REVISION = "1a2b3c4d"
ROUNDS = 5


def of_revision(model: str) -> Cell:
    here = cell(model)
    return structs.replace(here, contestant=structs.replace(here.contestant, runtime=REVISION))


def block(
    number: int, draw: np.random.Generator, factors: dict[str, float], inside: float
) -> list[Trial]:
    """Return a block in turns; each round meets a phase of the machine, x1 to x1.9."""
    phases = np.exp(draw.uniform(0, np.log(1.9), ROUNDS))

    def take(of: Cell, factor: float) -> Trial:
        effects = phases * factor * np.exp(draw.normal(0, inside, ROUNDS) + draw.normal(0, 0.01))
        samples = tuple(Sample(round(2e7 * effect), 10) for effect in effects)
        return trial(of, number, samples=samples, rounds=ROUNDS)

    here = [take(cell(model), factor) for model, factor in factors.items()]
    return here + [take(of_revision(model), 1.0) for model in factors]


def measured(
    factors: dict[str, float],
    seed: int = 1,
    blocks: int = 40,
    inside: float = 0.01,
    *more: Trial,
    text: str = WORKLOAD,
    alter: Callable[[Trial], Trial] = lambda one: one,
) -> Analysis:
    draw = np.random.default_rng(seed)
    trials = [one for number in range(blocks) for one in block(number, draw, factors, inside)]
    cells = [cell(model) for model in factors] + [of_revision(model) for model in factors]
    about = structs.replace(run(cells, workloads={"demo": text}), revision=REVISION)
    return analyse(about, map(alter, [*trials, *more]))


def by_name(analysis: Analysis) -> dict[str, CellChange]:
    return {change.cell.name: change for change in compare_revision(analysis)}


def test_each_contestant_is_compared_with_itself_in_the_revision() -> None:
    found = by_name(measured({"asyncio": 1.03, "trio": 0.97, "threads": 1.0}))
    assert {name: change.change for name, change in found.items()} == {
        "asyncio": Change.SLOWER,
        "trio": Change.FASTER,
        "threads": Change.TIED,
    }
    assert found["asyncio"].ratio is not None
    assert found["asyncio"].ratio.value == pytest.approx(1.03, abs=0.01)


def test_a_difference_that_the_noise_hides_is_undecided() -> None:
    found = by_name(measured({"asyncio": 1.02}, blocks=6, inside=0.2))
    assert found["asyncio"].change is Change.UNDECIDED


def test_fewer_than_five_blocks_are_undecided_and_say_so() -> None:
    (change,) = compare_revision(measured({"asyncio": 2.0}, blocks=4))
    assert (change.change, change.reason) == (Change.UNDECIDED, "too few processes")


def test_a_side_that_fails_is_not_compared_and_says_why() -> None:
    crashed = trial(of_revision("asyncio"), 40, **CRASHED)
    (change,) = compare_revision(measured({"asyncio": 1.0}, 1, 40, 0.01, crashed))
    assert change.change is Change.NOT_COMPARABLE
    assert change.reason == "the revision: 1 crash of 41: it hurts"


def test_work_that_is_skipped_is_not_called_faster() -> None:
    def skip(one: Trial) -> Trial:
        is_new = one.cell == cell("asyncio")
        return structs.replace(one, growth=Growth(2.0, 100.0, 101.0 if is_new else 200.0))

    growing = (WORKLOADS / "sumsquares.toml").read_text("utf-8")
    (change,) = compare_revision(measured({"asyncio": 0.1}, text=growing, alter=skip))
    assert change.change is Change.NOT_COMPARABLE
    assert change.reason.startswith("the working tree: suspect, not ranked")


def test_where_the_load_generator_was_the_limit_cpu_time_is_compared() -> None:
    def limit(one: Trial) -> Trial:
        cpu_ns = 2_000 if one.cell == cell("asyncio") else 1_000
        samples = tuple(structs.replace(sample, cpu_ns=cpu_ns) for sample in one.samples)
        warning = f"{CLIENT_LIMITED}: the load generator used 97% of its CPU time"
        return structs.replace(one, samples=samples, warnings=(warning,))

    echo = (WORKLOADS / "echo.toml").read_text("utf-8")
    (change,) = compare_revision(measured({"asyncio": 1.0}, text=echo, alter=limit))
    assert (change.change, change.word) == (Change.SLOWER, "slower")
    assert change.ratio is not None
    assert change.ratio.value == pytest.approx(2)
    without = echo[: echo.index("[metrics.cpu]")]
    (change,) = compare_revision(measured({"asyncio": 1.0}, text=without, alter=limit))
    assert change.change is Change.NOT_COMPARABLE
    assert "client limited" in change.reason


def test_a_rate_that_grows_is_faster() -> None:
    text = WORKLOAD.replace('unit = "ns"\nbetter = "lower"', 'unit = "tasks/s"\nbetter = "higher"')
    (change,) = compare_revision(measured({"asyncio": 1.05}, text=text))
    assert change.change is Change.FASTER
    assert change.ratio is not None
    assert change.ratio.value < 1  # a cost


@pytest.mark.slow
def test_the_verdicts_on_many_unchanged_contestants_are_rarely_false() -> None:
    same = dict.fromkeys(("asyncio", "trio", "threads"), 1.0)
    false = [
        change
        for seed in range(60)
        for change in compare_revision(measured(same, seed, blocks=10))
        if change.change in (Change.FASTER, Change.SLOWER)
    ]
    assert len(false) <= 3


def test_statuses_of_both_sides_are_kept_apart() -> None:
    analysis = measured({"asyncio": 1.0}, blocks=5)
    cells = analysis.workloads["demo"].headline
    assert [(one.name, one.statuses) for one in cells] == [
        ("asyncio @ 1a2b3c4d", {Status.OK: 5}),
        ("asyncio", {Status.OK: 5}),
    ]
