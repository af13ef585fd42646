"""Where the blocks of a run are measured: here, or on the hosts of a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from harness.measuring.blocks import Ended, run_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.measuring.inventory import Inventory
    from harness.measuring.plan import Block
    from harness.measuring.processes.running_time import Budget
    from harness.measuring.trials import Observer
    from harness.results.records import Cell, Run, Trial


class Executor(Protocol):
    """Measures blocks."""

    def run(
        self,
        blocks: Iterable[Block],
        is_done: Callable[[int, Cell], bool],
        budget: Budget,
        store: Callable[[Trial], str],
        observer: Observer,
        interrupted: Callable[[], bool],
    ) -> Ended:
        """Measure blocks until the budget is spent; see `run_blocks`. Returns why it ended."""


@dataclass
class LocalExecutor:
    """Measures every block here, in this process and its children."""

    about: Run
    inventory: Inventory
    memory_bytes: int | None = None  # the limit of one trial

    def run(
        self,
        blocks: Iterable[Block],
        is_done: Callable[[int, Cell], bool],
        budget: Budget,
        store: Callable[[Trial], str],
        observer: Observer,
        interrupted: Callable[[], bool],
    ) -> Ended:
        """Measure blocks here."""
        runner = self.inventory.trial_runner(self.about.seed, interrupted, self.memory_bytes)
        runner.tell = observer.told
        return run_blocks(runner, blocks, is_done, budget, store, observer, alone=self.about.alone)
