"""The processor time that the harness itself uses while trials run."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator

from rich.console import Console

from harness.measuring.allocate import Allocator
from harness.measuring.plan import PROFILES, RunSelection
from harness.measuring.processes.running_time import Budget
from harness.measuring.progress import Display
from tests.bench import tools

_BAR = 3.0


def rows() -> Iterator[tuple[str, str, str, bool]]:
    """Run one block of every headline case, with the live display drawing to a terminal."""
    inventory = tools.inventory()
    cells, _ = inventory.plan_cells(RunSelection(), PROFILES["quick"])
    runner = inventory.trial_runner(1, lambda: False)
    plan = Allocator(cells, inventory.workloads, 1, PROFILES["quick"], 0.03).blocks()
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    wall, used = 0, 0
    with Display(terminal, Budget(300), lambda: len(cells), 0) as display:
        for _ in range(len(inventory.workloads)):
            block = next(plan)
            for position, assignment in enumerate(block.assignments):
                before = time.process_time_ns()
                display.starting(block, position)
                trial = runner.run(assignment, block.index, position, display.waiting)
                assert trial is not None
                display.ended(trial)
                used += time.process_time_ns() - before
                wall += trial.wall_ns
    share = 100 * used / wall
    yield (
        "processor time of the harness while a trial runs, display included",
        f"{share:.2f}% of the trials' wall time ({len(cells)} trials, {wall / 1e9:.0f} s)",
        f"at most {_BAR:.0f}%",
        share <= _BAR,
    )
