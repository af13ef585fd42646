"""Runs blocks until the budget is spent, and hands on every trial as it ends."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import structs

from harness.measuring.machine.speed_probe import run_probe
from harness.measuring.turns import run_turns, takes_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.measuring.plan import Assignment, Block
    from harness.measuring.processes.running_time import Budget
    from harness.measuring.trials import Observer, TrialRunner
    from harness.results.records import Cell, Trial


class Ended(Enum):
    """Why a run has ended."""

    PRECISE = "every headline ratio has reached the requested precision"
    BUDGET_SPENT = "budget spent"
    INTERRUPTED = "interrupted"
    NO_HOST = "no host is left"
    BLOCKS_MISSING = "some blocks are missing"
    NO_CONTESTANT = "no contestant is left"

    @property
    def text(self) -> str:
        """What the user is told."""
        return self.value


def run_blocks(
    runner: TrialRunner,
    blocks: Iterable[Block],
    is_done: Callable[[int, Cell], bool],
    budget: Budget,
    store: Callable[[Trial], str],
    observer: Observer,
    *,
    alone: bool = False,
) -> Ended:
    """Run blocks until the budget is spent. Returns why it ended.

    `store` returns what to tell the user after the trial, if anything. `is_done(block, cell)`
    returns whether a resumed run already has that trial. The budget is
    checked between trials only, because an interrupted trial has no result; trials that take turns
    begin and end together. With `alone` none takes turns.
    """
    runner.leave_out = budget.leave_out
    for block in blocks:
        has_probe = any(is_done(block.index, assignment.cell) for assignment in block.assignments)
        for measure in _steps(runner, block, is_done, observer, alone=alone):
            if runner.interrupted():
                return Ended.INTERRUPTED
            if budget.is_spent:
                return Ended.BUDGET_SPENT
            probe = None if has_probe else run_probe()
            has_probe = True
            trials = measure()
            if trials is None:
                return Ended.INTERRUPTED
            if probe is not None:
                first = structs.replace(
                    trials[0], probe_ns=probe.wall_ns, probe_cpu_ns=probe.cpu_ns
                )
                trials = [first, *trials[1:]]
            for trial in trials:
                remark = store(trial)
                observer.ended(trial)
                if remark:
                    observer.told(remark)
        observer.block_ended(block)
    return Ended.PRECISE


def _steps(
    runner: TrialRunner,
    block: Block,
    is_done: Callable[[int, Cell], bool],
    observer: Observer,
    *,
    alone: bool,
) -> Iterator[Callable[[], list[Trial] | None]]:
    """Yield what measures the trials of a block: those that take turns together, others alone."""
    missing = [
        (position, assignment)
        for position, assignment in enumerate(block.assignments)
        if not is_done(block.index, assignment.cell)
    ]
    together = [] if alone else [pair for pair in missing if takes_turns(runner, pair[1])]
    if together:

        def measure_together() -> list[Trial] | None:
            observer.starting(block, together[0][0])
            return run_turns(runner, together, block.index, block.rounds, observer.waiting)

        yield measure_together
    for position, assignment in missing:
        if (position, assignment) not in together:

            def measure_alone(
                position: int = position, assignment: Assignment = assignment
            ) -> list[Trial] | None:
                observer.starting(block, position)
                trial = runner.run(assignment, block.index, position, observer.waiting)
                return None if trial is None else [trial]

            yield measure_alone
