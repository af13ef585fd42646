"""harness.measuring.trials on a made-up machine: when a trial began, and what disturbed it."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.measuring.machine.interference import Interference
from harness.measuring.plan import assign
from harness.measuring.processes import child
from harness.results.records import Cell, Trial
from tests.support.planted.bench import bench

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.measuring.attempt import Attempt
    from harness.measuring.trials import TrialRunner

LIMITS = child.Limits(60, 2**40)
FIRST, SECOND = "good", "good_too"


@dataclass
class MadeUpMachine:
    """A machine with two cores. Its time passes only while children run."""

    during: dict[str, Callable[[], None]] = field(default_factory=dict)  # what happens in a child
    seconds: int = 0
    stolen_s: float = 0.0

    def runner(self) -> TrialRunner:
        runner = bench().trial_runner
        runner.now = lambda: f"second {self.seconds}"
        runner.read_counters = lambda: Interference(self.stolen_s, None)
        return runner

    def run(self, command: Sequence[str], *_: object) -> child.ChildResult:
        """Stand in for `child.run`."""
        began = self.seconds
        self.during[command[-2]]()
        return child.ChildResult(0, (self.seconds - began) * 10**9, 10**9, "")

    def passes(self, seconds: int, stolen_s: float = 0.0) -> None:
        self.seconds += seconds
        self.stolen_s += stolen_s


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> MadeUpMachine:
    made_up = MadeUpMachine()
    monkeypatch.setattr(child, "run", made_up.run)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return made_up


def prepare(runner: TrialRunner, way: str) -> Attempt:
    workloads = bench().workloads
    cell = Cell(Contestant("planted", way), CHECK)
    return runner.prepare(assign(cell, workloads), 0, 0, random.Random(1))


def run_one_inside_the_other(machine: MadeUpMachine, *stolen_s: float) -> list[Trial]:
    """Run the second from second 10 to 20 and the first from 0 to 30, as in turns.

    Both are prepared before and judged afterwards. `stolen_s` is what is stolen in each third.
    """
    runner = machine.runner()
    first, second = (prepare(runner, way) for way in (FIRST, SECOND))
    before, meanwhile, after = stolen_s

    def in_first() -> None:
        machine.passes(10, before)
        runner.run_child(second, random.Random(1), LIMITS)
        machine.passes(10, after)

    machine.during = {FIRST: in_first, SECOND: lambda: machine.passes(10, meanwhile)}
    machine.passes(5)
    runner.run_child(first, random.Random(1), LIMITS)
    machine.passes(100, 100.0)  # until the last one of the block has ended
    return [runner.judge(first), runner.judge(second)]


def test_a_trial_begins_when_its_own_process_starts(machine: MadeUpMachine) -> None:
    trials = run_one_inside_the_other(machine, 0.0, 0.0, 0.0)
    assert [trial.started_at for trial in trials] == ["second 5", "second 15"]


@pytest.mark.parametrize(
    ("stolen_s", "shares"),
    [
        ((0.0, 0.0, 0.0), ([], [])),
        ((6.0, 0.0, 0.0), (["10%"], [])),
        ((0.0, 6.0, 0.0), (["10%"], ["30%"])),
        ((0.0, 0.0, 6.0), (["10%"], [])),
    ],
)
def test_only_what_is_stolen_while_its_own_process_runs_disturbs_a_trial(
    machine: MadeUpMachine,
    stolen_s: tuple[float, float, float],
    shares: tuple[list[str], list[str]],
) -> None:
    trials = run_one_inside_the_other(machine, *stolen_s)
    found = [[text.partition(" ")[0] for text in trial.disturbed] for trial in trials]
    assert found == list(shares)


def test_a_child_that_cannot_be_started_has_a_time_and_was_not_disturbed(
    machine: MadeUpMachine,
) -> None:
    def refuse() -> None:
        machine.passes(1, 1.0)
        raise FileNotFoundError(2, "no such file")

    runner = machine.runner()
    attempt = prepare(runner, FIRST)
    machine.during = {FIRST: refuse}
    machine.passes(5)
    runner.run_child(attempt, random.Random(1), LIMITS)
    trial = runner.judge(attempt)
    assert (trial.started_at, trial.disturbed) == ("second 5", ())
