"""Decide which block comes next: a minimum for every case, then the least precise ratios.

The rule is fixed before the first trial. Nothing is measured again because it looked wrong.

1. The minimum number of blocks of every headline case, in rounds of shuffled order.
2. One block of every other case.
3. More blocks of the other cases, until each has enough for a confidence interval.
4. The headline case with the least precise ratios relative to the cost of a block.

Measuring ends once all ratios of headline cases have reached the requested precision.

A resumed run continues from its trials as if it had never stopped.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.contestant import Contestant
from harness.catalog.workload import BASELINE
from harness.errors import Problem
from harness.measuring.plan import Block, assign, group_by_case, split_phases
from harness.results.records import Status
from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, pair_blocks
from harness.statistics.metrics import sample_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.catalog.workload import Workload
    from harness.measuring.plan import CaseKey, Profile
    from harness.results.records import Cell, Trial


class Allocator:
    """Yields the blocks of a run, based on the trials recorded so far."""

    def __init__(
        self,
        planned: Sequence[Cell],
        workloads: Mapping[str, Workload],
        seed: int,
        profile: Profile,
        precision: float,
    ) -> None:
        if not planned:
            raise Problem("nothing to measure: no implementation matches the selection")
        by_case = group_by_case(planned)
        self._first, self._later = split_phases(by_case)
        self._assignments = {
            key: [assign(cell, workloads) for cell in cells] for key, cells in by_case.items()
        }
        self._assignment_of = {
            assignment.cell: assignment
            for assignments in self._assignments.values()
            for assignment in assignments
        }
        self._seed = seed
        self._min_blocks = profile.min_blocks
        self._precision = precision
        self.trials = 0  # recorded so far
        self._recorded: dict[int, tuple[CaseKey, set[Cell]]] = {}  # by block
        self._block_counts: Counter[CaseKey] = Counter()
        self._values: defaultdict[Cell, BlockValues] = defaultdict(BlockValues)
        self._cost_ns: defaultdict[CaseKey, int] = defaultdict(int)  # total of all trials

    def record(self, trial: Trial) -> None:
        """Record a trial of this session, or of an earlier session of the run."""
        assignment = self._assignment_of.get(trial.cell)
        cell = assignment.cell if assignment else trial.cell  # share one object, to save memory
        key = cell.workload, cell.case
        self.trials += 1
        if trial.block not in self._recorded:
            self._recorded[trial.block] = key, set()
            self._block_counts[key] += 1
        self._recorded[trial.block][1].add(cell)
        # Trials that take turns share the time of their block.
        self._cost_ns[key] += trial.wall_ns // (len(self._assignments[key]) if trial.rounds else 1)
        if assignment and trial.status is Status.OK:
            metric = assignment.case.workload.headline_metric
            samples = sample_values(metric, assignment.case, trial)
            self._values[cell].add(trial.block, samples, trial.rounds)

    def has_trial(self, block: int, cell: Cell) -> bool:
        """Return whether a trial of this cell in this block was recorded."""
        return block in self._recorded and cell in self._recorded[block][1]

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until every headline ratio has reached the requested precision."""
        for index, (key, recorded) in sorted(self._recorded.items()):
            planned = {assignment.cell for assignment in self._assignments[key]}
            if recorded != planned:  # the block was interrupted
                yield self._create_block(index, key)
        index = max(self._recorded, default=-1) + 1
        while (next_key := self._choose_case(index)) is not None:
            reason = self._explain(next_key) if index >= self._fixed_blocks else ""
            yield self._create_block(index, next_key, reason)
            index += 1

    @property
    def has_first_look(self) -> bool:
        """Whether every headline case has a block."""
        return all(self._block_counts[key] for key in self._first)

    @property
    def _fixed_blocks(self) -> int:
        """The number of blocks whose order does not depend on measurements."""
        return self._min_blocks * len(self._first) + len(self._later)

    def _create_block(self, index: int, key: CaseKey, reason: str = "") -> Block:
        shuffled = list(self._assignments[key])
        random.Random(f"{self._seed} {index}").shuffle(shuffled)
        return Block(index, *key, tuple(shuffled), reason)

    def _choose_case(self, index: int) -> CaseKey | None:
        round_, position = divmod(index, len(self._first))
        if round_ < self._min_blocks:
            order = list(self._first)
            random.Random(f"{self._seed} round {round_}").shuffle(order)
            return order[position]
        if index < self._fixed_blocks:
            return self._later[index - self._min_blocks * len(self._first)]
        return self._choose_least_precise()

    def _choose_least_precise(self) -> CaseKey | None:
        """Return the case to measure next, or None if all headline cases are precise enough."""
        gains = {key: self.imprecision(key) / self._block_cost_ns(key) for key in self._first}
        gains = {key: gain for key, gain in gains.items() if gain > 0}
        if not gains:
            return None
        counts = {key: self._block_counts[key] for key in self._later}
        too_few = [key for key, count in counts.items() if count < estimates.MIN_FOR_INTERVAL]
        if too_few:
            return min(too_few, key=counts.__getitem__)
        return max(gains, key=gains.__getitem__)

    def imprecision(self, key: CaseKey) -> float:
        """Return by how much the widest ratio of a case exceeds the precision; 0: precise enough.

        Contestants without a ratio (they fail, or their cost is not positive) are ignored: more
        blocks would not make them precise.
        """
        if len(self._assignments[key]) == 1:  # without a ratio, more blocks are always useful
            return 1.0 if self._cost_ns[key] else 0.0  # no cost: the trials were never started
        widest, _ = self._find_widest(key)
        return widest - self._precision if widest > self._precision else 0.0

    def _find_widest(self, key: CaseKey) -> tuple[float, str]:
        """Return the relative half-width of the widest ratio of a case, and its name."""
        cells = [assignment.cell for assignment in self._assignments[key]]
        base = next(
            (cell for cell in cells if cell.contestant == Contestant(key[0], BASELINE)), cells[0]
        )
        widest = 0.0, ""
        for cell in cells:
            ratio = estimates.paired_ratio(pair_blocks(self._values[cell], self._values[base]))
            if cell != base and ratio is not None and ratio.spread is not None:
                widest = max(widest, (ratio.spread, f"{cell.name}/{base.name}"))
        return widest

    def _explain(self, key: CaseKey) -> str:
        """Return why a case gets more blocks: `sharpening echo: go/asyncio known to within 12%`."""
        if key not in self._first:
            return f"more blocks of {key[0]} {key[1]}, for intervals"
        widest, name = self._find_widest(key)
        known = f"{name} known to within {units.format_significant(100 * widest, 2)}%"
        return f"sharpening {key[0]}" + (f": {known}" if name else "")

    def _block_cost_ns(self, key: CaseKey) -> float:
        return max(1, self._cost_ns[key]) / max(1, self._block_counts[key])
