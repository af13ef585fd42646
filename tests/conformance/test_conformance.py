"""One conformance suite for every implementation in every language, found and not listed.

Each runs at its `check` size in a real child process, through the bench that also measures. Then
implementations that are planted wrong go the same way, so that the suite is known to catch them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK, MODELS
from harness.measuring import plan
from harness.measuring.processes import child
from harness.paths import WORKLOADS
from harness.results.records import Absence, Cell, Status
from tests.support.implementations import check_cells
from tests.support.planted.bench import (
    MARK,
    Bench,
    hurried,
    python_runner,
    python_tree,
    waiting_longer,
)

if TYPE_CHECKING:
    from pathlib import Path

    from harness.measuring.inventory import Inventory
    from harness.measuring.runners.runner import Offer
    from harness.results.records import AbsentCell, Trial

FOUND = check_cells()
LONGER = (1, 2, 4, 8, 16)  # times the waits of a case, where the machine is busy


class Known(NamedTuple):
    """What the runners offer, and what they do not, with the reasons."""

    offers: list[Offer]
    present: list[Cell]
    absent: list[AbsentCell]


@pytest.fixture(scope="module")
def known(inventory: Inventory) -> Known:
    present, absent = inventory.plan_cells(plan.RunSelection(), None)
    return Known(list(inventory.runners.offers()), present, absent)


def name(cell: Cell) -> str:
    contestant = cell.contestant
    return "-".join([cell.workload, "__".join(filter(None, (cell.model, contestant.variant)))])


def run(inventory: Inventory, cell: Cell, mark: str) -> Trial:
    bench = Bench.of(inventory)
    runner = bench.runner_of(cell.contestant)
    marked = replace(runner, env={**runner.env, MARK: mark})
    shipped = bench.workloads[cell.workload]
    for factor in LONGER:  # a busy machine may keep tasks from waiting at once
        patient = {cell.workload: waiting_longer(shipped, cell.case, cell.model, factor)}
        done = replace(bench, runner_of=lambda _: marked, workloads=patient).trial(cell, 0, 0)
        assert done is not None
        if done.status is not Status.UNSETTLED:
            break
    return done


@pytest.mark.parametrize("cell", FOUND, ids=name)
def test_an_implementation_conforms(
    inventory: Inventory, known: Known, cell: Cell, mark: str
) -> None:
    """The right answer, the observed rules, no warning, a clean end, and nothing left running."""
    for absent in known.absent:
        place = (absent.cell.workload, absent.cell.model)
        if absent.absence is Absence.UNAVAILABLE and place == (cell.workload, cell.model):
            assert absent.reason
            pytest.skip(f"{cell.name}: {absent.reason}")
    done = run(inventory, cell, mark)
    assert (done.status, done.message) == (Status.OK, ""), done.stderr_end
    assert done.warnings == ()
    assert done.samples
    assert all(sample.elapsed_ns > 0 for sample in done.samples)


def test_every_implementation_that_is_offered_is_tested(known: Known) -> None:
    assert set(known.present) <= set(FOUND)


def test_every_workload_has_every_model_or_a_stated_reason(known: Known) -> None:
    missing = [name(absent.cell) for absent in known.absent if absent.absence is Absence.MISSING]
    assert missing == []


def test_every_implementation_belongs_to_a_workload_and_a_model(
    inventory: Inventory, known: Known
) -> None:
    strangers = [
        offer.source
        for offer in known.offers
        if offer.contestant.workload not in inventory.workloads
        or offer.contestant.model not in MODELS
    ]
    assert strangers == []


def test_no_implementation_is_of_a_model_that_does_not_apply(
    inventory: Inventory, known: Known
) -> None:
    both = [
        offer.source
        for offer in known.offers
        if offer.contestant.model in inventory.workloads[offer.contestant.workload].not_applicable
    ]
    assert both == []


def test_no_implementation_is_offered_twice(known: Known) -> None:
    contestants = [offer.contestant for offer in known.offers]
    assert len(contestants) == len(set(contestants))


# --- implementations that are planted wrong

IN_ORDER = """
import time
from runner.work import most_at_once

def cook(units, unit_ns):
    start = time.perf_counter_ns()
    time.sleep(units * unit_ns / 1e9)
    return start, time.perf_counter_ns()
"""
RIGHT = f"""{IN_ORDER}
def run(params, probe):
    spans = [cook(units, params.unit_ns) for units in (10, 3, 7)]
    probe.observe("in_flight", most_at_once(spans))
    return 20
"""


def after_the_right_work(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{RIGHT}\nrightly = run\n\ndef run(params, probe):\n    rightly(params, probe)\n{body}"


def instead(*lines: str) -> str:
    return "def run(params, probe):\n" + "".join(f"    {line}\n" for line in lines)


LEAVES = (
    "import subprocess, sys",
    "subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(20)'])",
    "return 20",
)
# variant: (base, source, status, what the message says)
PLANTED: dict[str, tuple[str, str, Status, str]] = {
    "right": ("sequential", RIGHT, Status.OK, ""),
    "prints": (
        "sequential",
        after_the_right_work("print('{}', flush=True)", "input", "return 20"),
        Status.OK,
        "",
    ),
    "wrong": (
        "sequential",
        after_the_right_work("return 21"),
        Status.WRONG_ANSWER,
        "found 21, expected 20",
    ),
    "text": (
        "sequential",
        after_the_right_work("return '20'"),
        Status.WRONG_ANSWER,
        'found "20", expected 20',
    ),
    "fraction": ("sequential", after_the_right_work("return 20.0"), Status.CRASH, "found float"),
    "silent": (
        "sequential",
        f"{IN_ORDER}\n" + instead("cook(20, params.unit_ns)", "return 20"),
        Status.WRONG_ANSWER,
        "in_flight: found nothing, expected 1",
    ),
    "no_wait": (
        "sequential",
        instead("probe.observe('in_flight', 1)", "return 20"),
        Status.WRONG_ANSWER,
        "but its waits alone take",
    ),
    "one_by_one": (
        "threads",
        RIGHT,
        Status.UNSETTLED,
        "in_flight: found 1, expected at least 3",
    ),
    "raises": ("sequential", instead("raise LookupError('no')"), Status.CRASH, "LookupError: no"),
    "no_memory": ("sequential", instead("raise MemoryError"), Status.OUT_OF_MEMORY, "MemoryError"),
    "hangs": ("sequential", instead("while True: pass"), Status.TIMEOUT, "not finished after 0.5"),
    "exits": (
        "sequential",
        instead("raise SystemExit(0)"),
        Status.CRASH,
        "exit code 0 before it had finished",
    ),
    "vanishes": (
        "sequential",
        instead("import os", "os._exit(0)"),
        Status.CRASH,
        "exit code 0 before it had finished",
    ),
    "dies": (
        "sequential",
        instead("import os", "os.kill(os.getpid(), 9)"),
        Status.CRASH,
        "ended by signal 9",
    ),
    "leaves": ("sequential", after_the_right_work(*LEAVES), Status.OK, ""),
    "broken": ("sequential", "def run(params, probe:\n", Status.CRASH, "SyntaxError"),
    "needs": (
        "sequential",
        "import loombench_no_such_library\n",
        Status.UNSUPPORTED,
        "loombench_no_such_library is not installed",
    ),
    "lookup": ("sequential", "{}['key']\n", Status.CRASH, "KeyError: 'key'"),
    "empty": ("sequential", "", Status.CRASH, "run"),
    "not_async": ("trio", instead("return 20"), Status.CRASH, "await"),
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sources = {
        f"kitchen/on_{base}__{variant}.py": source
        for variant, (base, source, _, _) in PLANTED.items()
    }
    return python_tree(tmp_path_factory.mktemp("python"), sources)


def planted(tree: Path, variant: str, mark: str) -> Trial:
    """Run a planted implementation through the real Python runner."""
    kitchen = workload_file.load_folder(WORKLOADS)["kitchen"]
    timeout_s = 0.5 if PLANTED[variant][2] is Status.TIMEOUT else 60
    bench = Bench(
        workloads={"kitchen": hurried(kitchen, timeout_s)},
        runner_of=lambda contestant: python_runner(tree, **{MARK: mark}),
        seed=1,
    )
    done = bench.trial(Cell(Contestant("kitchen", PLANTED[variant][0], variant), CHECK), 0, 0)
    assert done is not None
    return done


@pytest.mark.parametrize("variant", PLANTED)
def test_planted_mistakes_are_found(
    tree: Path, mark: str, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE_S", 0.2)
    _, _, status, message = PLANTED[variant]
    done = planted(tree, variant, mark)
    assert done.status is status, done.stderr_end
    assert message in done.message


def test_a_process_that_an_implementation_leaves_behind_is_a_warning(
    tree: Path, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_GRACE_S", 0.2)
    done = planted(tree, "leaves", mark)
    assert done.warnings == ("left 1 processes running; they were killed",)
