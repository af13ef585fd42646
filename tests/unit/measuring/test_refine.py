"""Which points of a grid are measured: first a few, then those along a planted border."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.measuring import plan
from harness.measuring.allocate import POINT_ROUNDS, Allocator
from harness.measuring.plan import PROFILES, RunSelection, plan_cells
from harness.measuring.refine import Leaders, next_point
from harness.measuring.runners.runner import Offer
from harness.statistics.estimates import MIN_FOR_INTERVAL
from tests.support.choice_maps import Planted
from tests.support.scenes import workloads

if TYPE_CHECKING:
    from harness.catalog.grid import Index

GO, ASYNCIO = (Contestant("mixed", model) for model in ("go", "asyncio"))
VARIANT = Contestant("mixed", "asyncio", "threads")
ALL = frozenset((GO, ASYNCIO))


def leaders(index: Index) -> Leaders:
    """Plant a border: Go leads where both positions together are large, else nobody does."""
    return Leaders(GO, frozenset([GO])) if sum(index) > 6 else Leaders(ASYNCIO, ALL)


def refined() -> list[Index]:
    """Return the points that are chosen one after the other, with the planted border."""
    grid = workloads()["mixed"].grid
    assert grid is not None
    known = {index: leaders(index) for index in grid.first}
    chosen = []
    while (point := next_point(grid, known, grid.cases.keys() - known.keys())) is not None:
        known[point] = leaders(point)
        chosen.append(point)
    return chosen


def test_points_along_the_border_come_first_and_then_the_rim() -> None:
    grid = workloads()["mixed"].grid
    assert grid is not None
    top = len(grid.counts) - 1
    chosen = refined()
    begun = next(place for place, point in enumerate(chosen) if point[1] == top)
    assert begun > 3
    for point in chosen[:begun]:
        steps = (-1, 0, 1)
        around = {leaders((point[0] + i, point[1] + j)).near for i in steps for j in steps}
        assert len(around) > 1
    rim = {point for point in chosen if point[1] == top}
    assert rim >= {(index[0], top) for index in grid.first}
    assert len(chosen) < len(grid.cases) - len(grid.first)


def test_without_a_border_only_the_rim_is_added() -> None:
    grid = workloads()["mixed"].grid
    assert grid is not None
    known = {index: Leaders(GO, ALL) for index in grid.cases if index[1] < len(grid.counts) - 1}
    candidates = grid.cases.keys() - known.keys()
    point = next_point(grid, known, candidates)
    assert point is not None
    assert point[1] == len(grid.counts) - 1


def test_the_first_points_then_the_border_then_more_blocks_and_few_rounds() -> None:
    workload = workloads()["mixed"]
    grid = workload.grid
    assert grid is not None
    offers = [Offer(one, "python", "here") for one in (GO, ASYNCIO, VARIANT)]
    profile = PROFILES["standard"]
    cells, absent = plan_cells(
        [workload], RunSelection(models=("asyncio", "go")), offers, {}, profile
    )
    assert absent == []
    assert {cell.contestant for cell in cells if cell.case != HEADLINE} == {GO, ASYNCIO}
    allocator = Allocator(cells, {"mixed": workload}, 7, profile, 0.0001)
    fate, order = Planted(), []
    for block in islice(allocator.blocks(), 140):
        for assigned in block.assignments:
            allocator.record(fate.of(workload, assigned.cell, block.index))  # type: ignore[arg-type]
        if block.case in workload.grid_cases:
            assert block.rounds.most == POINT_ROUNDS
            order.append(grid.index_of(block.case))
    first = order[: len(grid.first)]
    assert set(first) == grid.first
    added = list(dict.fromkeys(order[len(grid.first) :]))
    between = {at for at in added if at not in grid.first and at[1] < len(grid.counts) - 1}
    assert between
    assert all(20 <= grid.shares[i] * grid.counts[j] <= 1_000 or i == 0 for i, j in between)
    assert max(map(order.count, order)) <= MIN_FOR_INTERVAL
    # More blocks come only after each point that is useful has one.
    repeated = next(place for place, at in enumerate(order) if at in order[:place])
    assert between & set(order[:repeated])


def test_quick_runs_have_no_map() -> None:
    cases = plan.select_cases(workloads()["mixed"], PROFILES["quick"])
    assert [case.id for case in cases] == [HEADLINE]
