"""Decide which block comes next: a minimum for every case, then the least precise ratios.

The rule is fixed before the first trial. Nothing is measured again because it looked wrong.

1. The minimum number of blocks of every headline case, in rounds of shuffled order. Of the variants
   of models they have only those that a claim or a title compares.
2. Enough blocks for a confidence interval of every other case that a claim needs.
3. One block of every case that is left.
4. The minimum number of blocks of the headline cases with other variants, with all contestants.
5. As many blocks of every headline case as the user asked for.
6. One block of each further point of a grid that lies where the fastest contestant changes, then
   of its rim (`harness.measuring.refine`). Then enough for intervals at all points, first where the
   fastest contestant changes: a map of one block each shows nothing.
7. More blocks of the headline cases with a high noise floor, until it is low or they have ten, or
   twice as many as asked for: below it, nothing can be told apart.
8. More blocks of the other cases, until each has enough for an interval.
9. The headline case with the least precise ratios relative to the cost of a block.

Measuring ends once all ratios of headline cases have the requested precision, and had it after each
of the last blocks (`harness.statistics.stopping`).

A contestant that fails again and again is left out (`harness.measuring.retirement`).

A resumed run continues from its trials as if it had never stopped.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import TYPE_CHECKING

from harness import units
from harness.errors import Problem
from harness.measuring import refine
from harness.measuring.measured_case import MeasuredCase
from harness.measuring.plan import Block, assign, group_by_case, split_phases
from harness.measuring.retirement import Retirement
from harness.statistics import estimates
from harness.statistics.rounds import limit_soon

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.catalog.grid import Index
    from harness.catalog.workload import Workload
    from harness.measuring.plan import CaseKey, Profile
    from harness.measuring.refine import Leaders
    from harness.results.records import Cell, Trial

# A map needs many points; each is as certain as its blocks, not as its rounds.
POINT_ROUNDS = 3

# What the noise floor of a headline case may be, as a factor. Servers vary more: their numbers
# contain a second program, the load generator.
LOW_FLOOR, LOW_FLOOR_OF_SERVERS = 1.03, 1.06
ENOUGH_FOR_FLOOR = 10  # blocks; more would cost more than they sharpen

# Blocks of a case, in a row, that no host could do: from then on all other cases come first.
MOST_LOST = 3


class Allocator:
    """Yields the blocks of a run, based on the trials recorded so far."""

    def __init__(
        self,
        planned: Sequence[Cell],
        workloads: Mapping[str, Workload],
        seed: int,
        profile: Profile,
        precision: float,
        urgent: Collection[Cell] = (),
    ) -> None:
        """Plan the cells. `urgent` are those that claims need."""
        if not planned:
            raise Problem("nothing to measure: no implementation matches the selection")
        by_case = group_by_case(planned)
        self._first, self._later = split_phases(by_case)
        self._points = {  # of grids, by (workload, case)
            key: (grid, index)
            for key in self._later
            if (grid := workloads[key[0]].grid) and (index := grid.index_of(key[1])) is not None
        }
        self._urgent = {(cell.workload, cell.case) for cell in urgent}.intersection(self._later)
        without_variants = range(profile.min_blocks * len(self._first))
        compared = {cell.contestant for cell in urgent}.union(
            *(pair for workload in workloads.values() for pair in workload.contrasts)
        )
        self._retirement = Retirement()
        self._assignments = {
            key: [assign(cell, workloads) for cell in cells] for key, cells in by_case.items()
        }
        self._cases = {
            key: MeasuredCase(assignments, precision, without_variants, compared, self._retirement)
            for key, assignments in self._assignments.items()
        }
        self._low_floors = {
            key: LOW_FLOOR_OF_SERVERS if workloads[key[0]].load else LOW_FLOOR
            for key in self._first
        }
        self._least_blocks = profile.blocks
        self._seed = seed
        self._fixed = list(self._order_blocks(profile.min_blocks))
        self.trials = 0  # recorded so far
        self.kind_of: Mapping[str, str] = {}  # Host.id -> class, of a fleet
        self._last_block = -1
        self._running: dict[int, CaseKey] = {}  # yielded, and without a trial so far
        self._lost: Counter[CaseKey] = Counter()  # blocks since the last trial of the case

    def record(self, trial: Trial) -> str:
        """Record a trial of this session, or of an earlier session of the run.

        If the trial retires its contestant, returns a sentence that says so.
        """
        self.trials += 1
        self._last_block = max(self._last_block, trial.block)
        self._running.pop(trial.block, None)
        retired = self._retirement.record(trial)
        kind = self.kind_of.get(trial.host, "")
        key = trial.cell.workload, trial.cell.case
        self._lost.pop(key, None)
        self._cases[key].record(trial, kind)
        return retired

    def give_up(self, block: int) -> None:
        """Note that no host could do a block, so that another one may be planned for it."""
        key = self._running.pop(block, None)
        if key is not None:
            self._lost[key] += 1

    def has_trial(self, block: int, cell: Cell) -> bool:
        """Return whether a trial of this cell in this block was recorded."""
        return self._cases[cell.workload, cell.case].has_trial(block, cell)

    def is_complete(self, trial: Trial) -> bool:
        """Return whether the block of a trial has all its trials."""
        return self._cases[trial.cell.workload, trial.cell.case].is_complete(trial.block)

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until every headline ratio has reached the requested precision."""
        interrupted = [
            (index, key) for key, case in self._cases.items() for index in case.interrupted_blocks
        ]
        for index, key in sorted([*interrupted, *self._skipped_blocks()]):
            yield self._create_block(index, key)
        index = self._last_block + 1
        while (next_key := self._choose_case(index)) is not None:
            reason = self._explain(next_key) if index >= len(self._fixed) else ""
            if self._cases[next_key].cells_of(index):
                self._running[index] = next_key
                yield self._create_block(index, next_key, reason)
            index += 1

    def _skipped_blocks(self) -> Iterator[tuple[int, CaseKey]]:
        """Yield blocks that every run has, and that the hosts of a fleet never finished."""
        for index, key in enumerate(self._fixed[: self._last_block + 1]):
            case = self._cases[key]
            if case.cells_of(index) and not case.has_begun(index):
                yield index, key

    def _count_running(self, key: CaseKey) -> int:
        """Return how many blocks of a case other hosts measure now; here it is none."""
        return sum(running == key for running in self._running.values())

    @property
    def planned(self) -> int:
        """How many trials the run has at least, regardless of precision."""
        return sum(len(self._cases[key].cells_of(i)) for i, key in enumerate(self._fixed))

    @property
    def has_retired_all(self) -> bool:
        """Whether no contestant is left to measure."""
        return not any(case.cells_of(self._last_block + 1) for case in self._cases.values())

    @property
    def has_first_look(self) -> bool:
        """Whether every headline case has a block."""
        return all(self._cases[key].block_count for key in self._first)

    def _order_blocks(self, min_blocks: int) -> Iterator[CaseKey]:
        """Yield the cases of the blocks that every run has (steps 1 to 4)."""
        urgent = [key for key in self._later if key in self._urgent]
        yield from self._shuffle(self._first, range(min_blocks))
        yield from self._shuffle(urgent, range(estimates.MIN_FOR_INTERVAL))
        yield from (key for key in self._later if self._is_due(key))
        varied = [key for key in self._first if self._cases[key].variants]
        yield from self._shuffle(varied, range(min_blocks, 2 * min_blocks))

    def _is_due(self, key: CaseKey) -> bool:
        """Return whether a case gets its first block before it is known what is fastest where."""
        if key in self._points:
            grid, index = self._points[key]
            return index in grid.first and key not in self._urgent
        return key not in self._urgent

    def _shuffle(self, keys: Sequence[CaseKey], rounds: range) -> Iterator[CaseKey]:
        """Yield cases in rounds, each in another order."""
        for round_ in rounds:
            yield from random.Random(f"{self._seed} round {round_}").sample(keys, len(keys))

    def _create_block(self, index: int, key: CaseKey, reason: str = "") -> Block:
        cells = self._cases[key].cells_of(index)
        shuffled = [assignment for assignment in self._assignments[key] if assignment.cell in cells]
        shuffled = [
            one.with_looks() if self._cases[key].needs_looks(one.cell, index) else one
            for one in shuffled
        ]
        random.Random(f"{self._seed} {index}").shuffle(shuffled)
        is_point = key in self._points
        rounds = limit_soon(POINT_ROUNDS) if is_point else self._cases[key].limit_rounds(index)
        return Block(index, *key, tuple(shuffled), rounds, reason)

    def _choose_case(self, index: int) -> CaseKey | None:
        if index < len(self._fixed):
            return self._fixed[index]
        return self._choose_least_precise(index)

    def _choose_least_precise(self, index: int) -> CaseKey | None:
        """Return the case to measure next, or None if all headline cases are precise enough."""
        key = self._choose_by_lost(index, MOST_LOST)
        return key if key is not None or not self._lost else self._choose_by_lost(index, math.inf)

    def _choose_by_lost(self, index: int, below: float) -> CaseKey | None:
        """Return the case to measure next, or None, of those that lost so few blocks in a row."""
        first, later = (
            [key for key in keys if self._lost[key] < below and self._cases[key].cells_of(index)]
            for keys in (self._first, self._later)
        )
        cases = {key: self._cases[key] for key in first}
        if (key := self._choose_short(cases)) is not None:
            return key
        unfinished = {key: case for key, case in cases.items() if not case.has_enough_blocks}
        if not unfinished:
            return None
        gains = {
            key: case.excess / case.block_cost_ns / (1 + self._count_running(key))
            for key, case in unfinished.items()
        }
        if any(gains.values()):
            points, sweeps = (
                [key for key in later if (key in self._points) is wanted]
                for wanted in (True, False)
            )
            key = (
                self._choose_point(points)
                or self._choose_begun_point(points)
                or self._choose_blurred(unfinished)
                or self._choose_sweep(sweeps)
            )
            if key is not None:
                return key
        return max(gains, key=gains.__getitem__)

    def _choose_short(self, cases: Mapping[CaseKey, MeasuredCase]) -> CaseKey | None:
        """Return the headline case that lacks most of the blocks that the user asked for."""
        fewest = min(cases, key=self._count_blocks, default=None)
        is_short = fewest is not None and self._count_blocks(fewest) < self._least_blocks
        return fewest if is_short else None

    def _choose_blurred(self, cases: Mapping[CaseKey, MeasuredCase]) -> CaseKey | None:
        """Return the headline case whose noise floor a block lowers most for its cost, or None."""
        gains = {}
        enough = max(ENOUGH_FOR_FLOOR, 2 * self._least_blocks)
        for key, case in cases.items():
            floor, running = case.noise_floor, self._count_running(key)
            if floor is not None and case.block_count + running < enough:
                gains[key] = (floor - self._low_floors[key]) / case.block_cost_ns / (1 + running)
        best = max(gains, key=gains.__getitem__, default=None)
        return best if best is not None and gains[best] > 0 else None

    def _choose_sweep(self, keys: Sequence[CaseKey]) -> CaseKey | None:
        """Return the case that lacks most of the blocks for an interval, or None."""
        return min(self._too_few(keys), key=self._count_blocks, default=None)

    def _choose_begun_point(self, keys: Sequence[CaseKey]) -> CaseKey | None:
        """Return the measured point of a grid that lacks blocks for an interval, or None."""
        points = [key for key in self._too_few(keys) if self._count_blocks(key)]
        leaders = {workload: self._leaders(workload) for workload, _ in points}

        def order(key: CaseKey) -> tuple[int, bool]:
            is_on_border = refine.is_on_border(self._points[key][1], leaders[key[0]])
            return self._count_blocks(key), not is_on_border

        return min(points, key=order, default=None)

    def _too_few(self, keys: Sequence[CaseKey]) -> list[CaseKey]:
        """Return the cases with too few blocks for an interval."""
        return [key for key in keys if self._count_blocks(key) < estimates.MIN_FOR_INTERVAL]

    def _count_blocks(self, key: CaseKey) -> int:
        """Count the blocks of a case, also those that run now."""
        return self._cases[key].block_count + self._count_running(key)

    def _choose_point(self, keys: Sequence[CaseKey]) -> CaseKey | None:
        """Return a point of a grid that was not measured yet and is useful, or None."""
        for workload in dict.fromkeys(key[0] for key in keys):
            own = [key for key in keys if key[0] == workload]
            grid = self._points[own[0]][0]
            candidates = {self._points[key][1] for key in own if not self._count_blocks(key)}
            point = refine.next_point(grid, self._leaders(workload), candidates)
            if point is not None:
                return workload, grid.cases[point]
        return None

    def _leaders(self, workload: str) -> dict[Index, Leaders]:
        """Return who is fastest at each measured point of the grid of a workload."""
        return {
            index: self._cases[key].find_leaders()
            for key, (_, index) in self._points.items()
            if key[0] == workload and self._cases[key].block_count
        }

    def _explain(self, key: CaseKey) -> str:
        """Return why a case gets more blocks: `sharpening echo: go/asyncio known to within 12%`."""
        if key in self._points and not self._cases[key].block_count:
            return f"refining the map of {key[0]}: {key[1]}"
        if key not in self._first:
            return f"more blocks of {key[0]} {key[1]}, for intervals"
        case = self._cases[key]
        if case.block_count < self._least_blocks:
            return f"{case.block_count} of {self._least_blocks} blocks of {key[0]}"
        verb = "sharpening" if case.excess else "confirming"
        name, spread = case.least_precise_ratio
        if not name:
            return f"{verb} {key[0]}"
        if math.isinf(spread):
            return f"{verb} {key[0]}: {name} has too few blocks for an interval"
        known = units.format_significant(100 * spread, 2)
        return f"{verb} {key[0]}: {name} known to within {known}%"
