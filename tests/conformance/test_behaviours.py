"""Every probe gives an answer to its question, and planted defects of a model show."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.behaviours import judge, question, store
from harness.behaviours.judge import Cell, State
from harness.measuring import observing
from harness.measuring.inventory import Inventory
from harness.paths import ROOT

QUESTIONS = question.load_folder()
# Others run the same probes: uvloop those of asyncio, anyio-trio those of anyio.
ONE_OF_A_BASE = (
    *("sequential", "asyncio", "trio", "anyio-asyncio", "gevent", "scratch", "threads"),
    *("processes", "go"),
)
PLANTED = ROOT / "tests" / "support" / "planted"


@pytest.fixture(scope="module")
def inventory() -> Inventory:
    return Inventory.open(remembered=True)


def answers(
    inventory: Inventory, id_: str, folder: Path, models: tuple[str, ...] = (), repeat: int = 1
) -> dict[str, Cell]:
    chosen = {id_: QUESTIONS[id_]}
    planned = observing.plan(chosen, inventory.runners, models)
    heading = observing.create_heading(planned, chosen, repeat)
    observed = store.write(folder, heading, observing.observe_all(planned.assignments, repeat))
    (row,) = judge.table(observed)
    return {cell.model: cell for cell in row.cells}


@pytest.mark.parametrize("id_", QUESTIONS)
def test_every_base_answers_or_says_why_not(inventory: Inventory, tmp_path: Path, id_: str) -> None:
    for model, cell in answers(inventory, id_, tmp_path, ONE_OF_A_BASE).items():
        assert cell.state in (State.AGREED, State.NOT_APPLICABLE, State.UNAVAILABLE), (
            model,
            cell.reason,
        )
        assert all(one.evidence for one in cell.observations), model


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    folder = tmp_path_factory.mktemp("planted")
    text = (PLANTED / "behaving.py").read_text(encoding="utf-8")
    runner = str(ROOT / "python")
    text = text.replace('str(Path(__file__).resolve().parents[3] / "python")', repr(runner))
    (folder / "behaving.py").write_text(text, encoding="utf-8")
    command = f'["{sys.executable}", "behaving.py"]'
    (folder / "loombench.toml").write_text(f"[runners.behaving]\ncommand = {command}\n")
    return Inventory.open([folder])


@pytest.mark.parametrize(
    ("id_", "model", "word"),
    [
        ("cleanup", "asyncio", "runs"),
        ("cleanup", "swallowing", "not cancelled"),
        ("siblings", "swallowing", "run on"),
        ("lock", "asyncio", "none lost"),
        ("lock", "lockless", "updates lost"),
    ],
)
def test_a_planted_defect_shows(
    planted: Inventory, tmp_path: Path, id_: str, model: str, word: str
) -> None:
    cell = answers(planted, id_, tmp_path, (model,), repeat=2)[model]
    assert (cell.state, cell.text) == (State.AGREED, word), cell.reason
