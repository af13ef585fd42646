"""Runs over a grid whose border is known: a model is faster there by a planted factor."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from msgspec import structs

from harness.results.records import Cell, Trial
from harness.statistics.estimates import MIN_FOR_INTERVAL
from tests.support.scenes import Fate, scene, trial, waits

if TYPE_CHECKING:
    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.catalog.workload import Workload

MODELS = ("asyncio", "threads", "processes", "go")
SLOWER = {"go": 1.0, "asyncio": 1.5, "threads": 1.6, "processes": 1.6}
_waits = cache(waits)


def is_goes(share: int, count: int) -> bool:
    """Return whether Go is planted as the fastest: more than one request computes at once."""
    return share * count > 100


class Planted(Fate):
    """Go is the fastest where more than one request computes at once; elsewhere all are equal.

    From 1,000 at a time on, asyncio takes half as long as the others if nothing computes. Threads
    use twice the CPU time that was meant where nothing waits.
    """

    def of(self, workload: Workload, cell: Cell, block: int) -> Trial | None:
        index = workload.grid.index_of(cell.case) if workload.grid else None
        if index is None or workload.grid is None:
            return super().of(workload, cell, block)
        share, count = workload.grid.shares[index[0]], workload.grid.counts[index[1]]
        factor = SLOWER[cell.model] if is_goes(share, count) else 1.0
        if share == 0 and count >= 1_000 and cell.model == "asyncio":
            factor = 0.5
        factor *= random.Random(f"{cell} {block}").uniform(0.99, 1.01)
        usual = trial(cell, block, round(30_000_000 * factor), round(30_000_000 * factor))
        meant = int(workload.cases[cell.case].params[workload.grid.cpu])
        used = {"used_ns": 2 * meant if (share, cell.model) == (100, "threads") else meant}
        return structs.replace(usual, observed=used, latency=_waits(round(factor, 2)))


@cache
def planted(models: tuple[str, ...] = MODELS, blocks: int = MIN_FOR_INTERVAL) -> Analysis:
    """Return the analysis of such a run, made once for all tests."""
    return scene(
        ("mixed",), models=models, blocks=blocks, fate=Planted(), every_case=True, maps=True
    )


def planted_result(reached: int = 10_000) -> WorkloadResult:
    """Return the workload of such a run, measured up to so many requests at a time."""
    result = planted().workloads["mixed"]
    grid = result.workload.grid
    assert grid is not None
    places = {case: index for index, case in grid.cases.items()}
    points = {
        case: cells
        for case, cells in result.grid.items()
        if grid.counts[places[case][1]] <= reached
    }
    return replace(result, grid=points)
