"""Runs over a grid whose border is known: a model is better there by a planted factor."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from msgspec import structs

from harness.catalog.workload import HEADLINE
from harness.results.records import Cell, Trial
from tests.support.scenes import Fate, trial, waits, workloads

if TYPE_CHECKING:
    from harness.catalog.workload import Workload

FACTORS = {"go": 1.0, "asyncio": 1.5, "threads": 1.6, "trio": 1.7}


class Planted(Fate):
    """Go is the fastest where more than one request computes at once; elsewhere all are equal.

    From a concurrency of 1,000 on, asyncio is faster than the others without any CPU work.
    """

    def __init__(self, reached: int = 10**6) -> None:
        """Measure points with at most that many requests at a time."""
        self.reached = reached

    def of(self, workload: Workload, cell: Cell, block: int) -> Trial | None:
        case = workload.cases[cell.case]
        if case.id == HEADLINE or workload.grid is None:
            return super().of(workload, cell, block)
        index = workload.grid.index_of(case.id)
        if index is None or workload.grid.counts[index[1]] > self.reached:
            return None
        share, count = workload.grid.shares[index[0]], workload.grid.counts[index[1]]
        factor = 1.0
        if share * count > 100:
            factor = FACTORS.get(cell.model, 2.0)
        elif share == 0 and count >= 1_000:
            factor = 0.5 if cell.model == "asyncio" else 1.0
        noise = random.Random(f"{cell} {block}").uniform(0.99, 1.01)
        elapsed = round(30_000_000 * factor * noise)
        usual = trial(cell, block, elapsed, elapsed)
        return structs.replace(usual, latency=waits(factor * noise))


def is_border(workload_id: str = "mixed") -> bool:
    return workloads()[workload_id].grid is not None
