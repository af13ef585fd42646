"""pingpong: sides that do not take turns are found, though the answer is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.paths import ROOT, WORKLOADS
from harness.results.records import Cell, Status
from tests.support.planted.bench import Bench, python_runner, python_tree

if TYPE_CHECKING:
    from pathlib import Path

BOTH_SIDES_IN_ONE_TASK = """
import asyncio

from workloads.pingpong.turns import Turns


async def run(params, probe):
    me, turns, value = asyncio.current_task(), Turns(), 0
    for _ in range(params.rounds):
        turns.last = me
        value += 1
        turns.last = me
        value += 1
        turns.switches += turns.last is not me
    probe.observe_least("switches", turns.switches)
    return value
"""
NOTHING_OBSERVED = """
async def run(params, probe):
    return 2 * params.rounds
"""
TURNS = (ROOT / "python" / "workloads" / "pingpong" / "turns.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("source", "status", "message"),
    [
        (
            BOTH_SIDES_IN_ONE_TASK,
            Status.UNSETTLED,
            "switches: found 0, expected at least 200",
        ),
        (
            NOTHING_OBSERVED,
            Status.WRONG_ANSWER,
            "in the check case: switches: found nothing, expected at least 3",
        ),
    ],
    ids=["both sides in one task", "nothing observed"],
)
def test_sides_that_do_not_take_turns_are_found(
    tmp_path: Path, source: str, status: Status, message: str
) -> None:
    tree = python_tree(
        tmp_path / "python", {"pingpong/turns.py": TURNS, "pingpong/on_asyncio.py": source}
    )
    bench = Bench(
        workloads=workload_file.load_folder(WORKLOADS),
        runner_of=lambda _: python_runner(tree),
    )
    trial = bench.trial(Cell(Contestant("pingpong", "asyncio"), "headline"), 0, 0)
    assert trial is not None
    assert (trial.status, trial.message) == (status, message)
