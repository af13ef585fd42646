"""Decides which block comes next: the least of everything first, then where it tells most.

The rule is fixed before the first trial, and nothing is measured again because it looked wrong:

1. every headline case its least number of blocks, in rounds of shuffled order;
2. one block of every other case;
3. more blocks of the other cases, until each has as many as an interval needs;
4. then the headline case whose ratios are the least precise for what a block of it costs.

It ends as soon as all ratios of headline cases are as precise as was asked for.

What a resumed run does next follows from the trials it has, as if it had never stopped.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.catalog.contestant import Contestant
from harness.catalog.workload import BASELINE
from harness.errors import Problem
from harness.measuring.plan import Block, assign, group_by_case, in_phases
from harness.results.records import Status
from harness.statistics import estimates
from harness.statistics.metrics import trial_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.catalog.workload import Workload
    from harness.measuring.plan import Profile
    from harness.results.records import Cell, Trial

    Place = tuple[str, str]  # workload, case


class Allocator:
    """Hands out blocks, and is told of every trial."""

    def __init__(
        self,
        planned: Sequence[Cell],
        workloads: Mapping[str, Workload],
        seed: int,
        profile: Profile,
        precision: float,
    ) -> None:
        if not planned:
            raise Problem("nothing to measure: no implementation is left of what was asked for")
        by_case = group_by_case(planned)
        self._first, self._later = in_phases(by_case)
        self._assignments = {
            place: [assign(cell, workloads) for cell in cells] for place, cells in by_case.items()
        }
        self._assignment_of = {
            assigned.cell: assigned for group in self._assignments.values() for assigned in group
        }
        self._seed = seed
        self._least = profile.min_blocks
        self._precision = precision
        self.trials = 0  # taken note of so far
        self._seen: dict[int, tuple[Place, set[Cell]]] = {}
        self._blocks_of: Counter[Place] = Counter()
        self._values: defaultdict[Cell, dict[int, float]] = defaultdict(dict[int, float])
        self._cost_ns: defaultdict[Place, int] = defaultdict(int)  # of all its trials

    def take(self, trial: Trial) -> None:
        """Take note of a trial, now or from an earlier session of the run."""
        assigned = self._assignment_of.get(trial.cell)
        cell = assigned.cell if assigned else trial.cell  # one object each, for runs of any length
        place = cell.workload, cell.case
        self.trials += 1
        if trial.block not in self._seen:
            self._seen[trial.block] = place, set()
            self._blocks_of[place] += 1
        self._seen[trial.block][1].add(cell)
        self._cost_ns[place] += trial.wall_ns
        if assigned and trial.status is Status.OK:
            value = trial_value(assigned.case.workload.headline_metric, assigned.case, trial)
            if value is not None:
                self._values[cell][trial.block] = value

    def has(self, block: int, cell: Cell) -> bool:
        """Return whether a trial of this cell in this block was taken note of."""
        return block in self._seen and cell in self._seen[block][1]

    def blocks(self) -> Iterator[Block]:
        """Yield blocks until every headline ratio is as precise as was asked for."""
        for index, (begun, seen) in sorted(self._seen.items()):
            planned = {assigned.cell for assigned in self._assignments[begun]}
            if seen != planned:  # an interrupt, or worse, cut it short
                yield self._block(index, begun)
        index = max(self._seen, default=-1) + 1
        while (place := self._next(index)) is not None:
            yield self._block(index, place)
            index += 1

    @property
    def _fixed(self) -> int:
        """How many blocks come in an order that nothing measured can change."""
        return self._least * len(self._first) + len(self._later)

    def _block(self, index: int, place: Place) -> Block:
        shuffled = list(self._assignments[place])
        random.Random(f"{self._seed} {index}").shuffle(shuffled)
        return Block(index, *place, tuple(shuffled))

    def _next(self, index: int) -> Place | None:
        round_, position = divmod(index, len(self._first))
        if round_ < self._least:
            order = list(self._first)
            random.Random(f"{self._seed} round {round_}").shuffle(order)
            return order[position]
        if index < self._fixed:
            return self._later[index - self._least * len(self._first)]
        return self._widest()

    def _widest(self) -> Place | None:
        """Return the place where a block tells most; None when all headline cases are precise."""
        need = {place: self.imprecision(place) / self._cost(place) for place in self._first}
        need = {place: one for place, one in need.items() if one > 0}
        if not need:
            return None
        thin = [place for place in self._later if self._count(place) < estimates.MIN_FOR_INTERVAL]
        if thin:
            return min(thin, key=self._count)
        return max(need, key=need.__getitem__)

    def imprecision(self, place: Place) -> float:
        """Return how much wider than asked for the widest ratio of a case is; 0: precise enough.

        A contestant without two values in one block (it fails, or its cost is not positive) has no
        ratio that more blocks would make precise.
        """
        cells = [assigned.cell for assigned in self._assignments[place]]
        base = next(
            (cell for cell in cells if cell.contestant == Contestant(place[0], BASELINE)), cells[0]
        )
        widest = 0.0
        for cell in cells:
            own, other = self._values[cell], self._values[base]
            found = estimates.paired_ratio([(own[b], other[b]) for b in own if b in other])
            if cell != base and found is not None and found.spread is not None:
                widest = max(widest, found.spread)
        if len(cells) == 1:  # nothing to compare with: its own blocks are all there is to know
            return 1.0 if self._cost_ns[place] else 0.0  # of nothing: it was refused beforehand
        return widest - self._precision if widest > self._precision else 0.0

    def _count(self, place: Place) -> int:
        return self._blocks_of[place]

    def _cost(self, place: Place) -> float:
        return max(1, self._cost_ns[place]) / max(1, self._count(place))
