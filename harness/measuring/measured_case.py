"""What was recorded of one case: its blocks, what they cost, and how precise its ratios are."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median, median_low
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant
from harness.catalog.workload import BASELINE
from harness.measuring.plan import keep_models
from harness.measuring.refine import Leaders
from harness.measuring.retirement import Retirement
from harness.results.records import Status
from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, estimate_by_host, pair_block, round_ratios
from harness.statistics.growth import Growing, judge_growth
from harness.statistics.metrics import is_of_samples, sample_values
from harness.statistics.rounds import (
    FEWEST_LONG_ROUNDS,
    SOON,
    Costs,
    RoundLimits,
    limit_rounds,
    time_round_s,
)
from harness.statistics.stopping import StoppingRule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from harness.measuring.plan import Assignment
    from harness.results.records import Cell, Growth, Trial


# A contestant whose first process gave no answer is asked once more whether its time grows.
_TRIES_TO_LOOK = 2
_ANY_TIME_S = 3_600.0

_PairsByHost = dict[str, list[tuple[float, float]]]


@dataclass
class _RecordedBlock:
    """The trials of one block that were recorded so far."""

    cells: set[Cell] = field(default_factory=set)
    cost_ns: int = 0
    turns: list[int] = field(default_factory=list)  # of each contestant that took any
    turns_s: list[float] = field(default_factory=list)  # how long a turn of each took

    @property
    def rounds(self) -> int:
        """How many it had; 0: no contestant took turns, or all that did have failed.

        Those with long turns take fewer, and where memory does not allow all contestants at once,
        the baseline takes more.
        """
        return median_low(self.turns) if self.turns else 0

    @property
    def all_turns_s(self) -> float:
        """How long all turns took."""
        return sum(n * turn_s for n, turn_s in zip(self.turns, self.turns_s, strict=True))


class MeasuredCase:
    """Takes in the trials of one case, and says how many more blocks and rounds it needs."""

    def __init__(
        self,
        assignments: Sequence[Assignment],
        precision: float,
        without_variants: range = range(0),
        compared: Collection[Contestant] = (),
        retirement: Retirement | None = None,
    ) -> None:
        """Take in the contestants.

        `without_variants` are the blocks of the run that have no variants of models but those in
        `compared`.
        """
        self._retirement = retirement or Retirement()
        self._assignments = {assignment.cell: assignment for assignment in assignments}
        self._without_variants = without_variants
        self._first = set(keep_models(list(self._assignments), compared))
        self.variants = self._assignments.keys() - self._first
        self._contrasts = _choose_contrasts(list(self._assignments))
        self._control = _choose_control(list(self._assignments))
        self._blocks: defaultdict[int, _RecordedBlock] = defaultdict(_RecordedBlock)
        self._values: defaultdict[Cell, BlockValues] = defaultdict(BlockValues)
        self._growths: defaultdict[Cell, dict[int, Growth]] = defaultdict(dict)
        # By the class of hosts, of which a run without a fleet has one, and by the host.
        self._pairs: defaultdict[Cell, defaultdict[str, _PairsByHost]] = defaultdict(
            lambda: defaultdict(dict)
        )
        self._rule = StoppingRule(precision)
        # The contestant whose ratio is the least precise.
        self._widest = next(iter(self._contrasts), assignments[0].cell)
        self._widest_spread: float | None = None

    def record(self, trial: Trial, kind: str = "") -> None:
        """Record a trial. The last one of a block updates the ratios.

        `kind` is the class of its host; ratios of different classes are not pooled.
        """
        assignment = self._assignments.get(trial.cell)
        cell = assignment.cell if assignment else trial.cell  # share one object, to save memory
        block = self._blocks[trial.block]
        block.cells.add(cell)
        # Trials that take turns share the time of their block.
        block.cost_ns += trial.wall_ns // (len(self.cells_of(trial.block)) if trial.rounds else 1)
        if trial.growth is not None:
            self._growths[cell][trial.block] = trial.growth
        if assignment and trial.status is Status.OK:
            metric = assignment.case.workload.headline_metric
            samples = sample_values(metric, assignment.case, trial)
            # One value of a whole trial, such as a percentile, says nothing of its only round.
            rounds = trial.rounds if is_of_samples(metric) else 0
            self._values[cell].add(trial.block, samples, rounds, trial.first_round)
            if trial.rounds:
                block.turns.append(trial.rounds)
                block.turns_s.append(_turn_s(trial))
        if self.is_complete(trial.block):
            self._compare(trial.block, kind, trial.host)

    def has_trial(self, block: int, cell: Cell) -> bool:
        """Return whether a trial of this cell in this block was recorded."""
        return block in self._blocks and cell in self._blocks[block].cells

    def has_begun(self, block: int) -> bool:
        """Return whether any trial of this block was recorded."""
        return block in self._blocks

    def is_complete(self, block: int) -> bool:
        """Return whether every cell has a trial in a block. One of an interrupted block has not."""
        return self._blocks[block].cells >= self.cells_of(block)

    def cells_of(self, block: int) -> AbstractSet[Cell]:
        """Return the cells of a block, without those of retired contestants."""
        is_first = block in self._without_variants
        cells = self._first if is_first else self._assignments.keys()
        return {cell for cell in cells if self._retirement.takes_part(cell, block)}

    @property
    def interrupted_blocks(self) -> list[int]:
        """The blocks that were begun and not completed."""
        return [index for index in self._blocks if not self.is_complete(index)]

    def needs_looks(self, cell: Cell, block: int) -> bool:
        """Return whether a trial has to show that time grows with work, from those before it.

        Every contestant does in its first process, and in more until it is settled. One process
        shows growth only if all of its ratios do, in wall time or in CPU time.
        """
        earlier = [index for index, one in self._blocks.items() if index < block]
        known = self._growths[cell]
        found = [known[index] for index in earlier if index in known]
        if found:
            return judge_growth(found).growing is Growing.UNSETTLED
        return sum(cell in self._blocks[index].cells for index in earlier) < _TRIES_TO_LOOK

    @property
    def block_count(self) -> int:
        """The number of blocks, completed or not."""
        return len(self._blocks)

    @property
    def block_cost_ns(self) -> float:
        """The mean time that a block takes, at least 1."""
        total_ns = sum(block.cost_ns for block in self._blocks.values())
        return max(1, total_ns) / max(1, len(self._blocks))

    @property
    def excess(self) -> float:
        """By how much the widest interval is too wide; 0: precise enough.

        It is infinite while a ratio lacks blocks for its interval. Contestants without a ratio
        (they always fail, or their cost is not positive) are ignored: more blocks would not make
        them precise.
        """
        return 1.0 if self._has_no_ratios else self._rule.excess

    @property
    def noise_floor(self) -> float | None:
        """The noise floor as a factor, of the noisiest class of hosts; None while unknown."""
        classes = [hosts for cell in self._control for hosts in self._pairs[cell].values()]
        known = map(estimate_by_host, classes)
        return max(
            (
                max(one.high, 1 / one.low)
                for one in known
                if one is not None and one.low is not None and one.high is not None
            ),
            default=None,
        )

    @property
    def least_precise_ratio(self) -> tuple[str, float]:
        """The name of the ratio with the widest interval, and its relative half-width.

        The half-width is infinite if the ratio has no interval yet; the name is empty if none will.
        """
        if self._widest_spread is None:
            return "", 0.0
        base = self._contrasts.get(self._widest, self._widest)
        return f"{self._widest.name}/{base.name}", self._widest_spread

    @property
    def has_enough_blocks(self) -> bool:
        """Whether more blocks are unnecessary or useless."""
        # Without ratios, more blocks are always useful.
        return not self._has_no_ratios and self._rule.is_met

    def find_leaders(self) -> Leaders:
        """Return the best contestant so far by the headline metric, and all within the margin."""
        metric = next(iter(self._assignments.values())).case.workload.headline_metric
        sign = 1 if metric.better == "lower" else -1
        costs = {
            cell.contestant: sign * median(values.by_block.values())
            for cell, values in self._values.items()
            if values.by_block and not cell.control
        }
        best = min(costs, key=costs.__getitem__, default=None)
        near = {one for one in costs if best is not None and _is_near(costs[one], costs[best])}
        return Leaders(best, frozenset(near))

    def limit_rounds(self, block: int) -> RoundLimits:
        """Return how many rounds a block has at most, from the blocks before it.

        It is what suits the ratios of the case, but not many before they have intervals. An
        interrupted block keeps the number that its trials have.
        """
        if block in self._blocks and self._blocks[block].rounds:
            return RoundLimits(self._blocks[block].rounds, _ANY_TIME_S)
        done = {index: one for index, one in self._blocks.items() if self.is_complete(index)}
        timed = [one for one in done.values() if one.rounds]
        if not timed:
            return SOON
        costs = Costs(
            start=float(np.mean([one.cost_ns / 1e9 - one.all_turns_s for one in timed])),
            round=float(np.mean([time_round_s(one.turns_s) for one in timed])),
        )
        contrasts = [self._ratios(done, *pair) for pair in self._contrasts.items()]
        return limit_rounds(
            contrasts,
            costs,
            self._rule.precision,
            is_soon=len(done) < estimates.MIN_FOR_INTERVAL,
            least=self._fewest_rounds,
        )

    def _ratios(self, blocks: Iterable[int], cell: Cell, base: Cell) -> list[NDArray[np.float64]]:
        """Return the ratios inside the rounds of blocks; without those that have none."""
        these, those = self._values[cell], self._values[base]
        found = (round_ratios(these, those, index) for index in blocks)
        return [ratios for ratios in found if ratios is not None and (ratios > 0).all()]

    @property
    def _fewest_rounds(self) -> int:
        """The least number of rounds: a turn of a server is short, and no wait makes it steady."""
        is_served = any(one.is_served for one in self._assignments.values())
        return FEWEST_LONG_ROUNDS if is_served else 1

    @property
    def _has_no_ratios(self) -> bool:
        return len(self._assignments) == 1

    def _compare(self, block: int, kind: str, host: str) -> None:
        """Update the ratios by those of a completed block."""
        spreads: dict[Cell, float] = {}
        going_on = self.cells_of(block + 1)
        for cell, base in (self._contrasts | self._control).items():
            pair = pair_block(self._values[cell], self._values[base], block)
            if pair is not None:
                self._pairs[cell][kind].setdefault(host, []).append(pair)
            is_final = not {cell, base} <= going_on  # more blocks would not change it
            if cell not in self._contrasts or is_final:
                continue
            known = self._list_spreads(cell)
            if known or self._lacks_blocks(cell):
                spreads[cell] = max(known, default=math.inf)
        self._widest = max(spreads, key=spreads.__getitem__, default=self._widest)
        self._widest_spread = spreads.get(self._widest)
        self._rule.add_block(spreads.values())

    def _lacks_blocks(self, cell: Cell) -> bool:
        """Return whether more blocks may give a ratio its interval.

        Some trials are left out as unsettled, and hosts may be of several classes. A contestant
        that had its chances and has no five ratios is not waited for. Five ratios have an interval
        on any number of hosts: if these are five, each has one.
        """
        counts = [sum(map(len, hosts.values())) for hosts in self._pairs[cell].values()]
        chances = estimates.MIN_FOR_INTERVAL * (1 + max(1, len(counts)))
        is_short = max(counts, default=0) < estimates.MIN_FOR_INTERVAL
        return is_short and len(self._blocks) < chances

    def _list_spreads(self, cell: Cell) -> list[float]:
        """Return how widely the ratio of a cell is known on each class of hosts."""
        ratios = map(estimate_by_host, self._pairs[cell].values())
        return [one.spread for one in ratios if one is not None and one.spread is not None]


def _is_near(value: float, best: float) -> bool:
    """Return whether two values of one sign are equal within the margin."""
    return max(abs(value), abs(best)) <= estimates.MARGIN * min(abs(value), abs(best))


def _choose_contrasts(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    """Return each cell whose ratio has to be precise, with the cell that the ratio is to.

    The ratio is to the baseline. If there are several runtimes, it is to the same contestant on the
    default runtime where that is measured too, and ratios on the default runtime do not count.
    """
    on_default = {
        cell: structs.replace(
            cell, contestant=structs.replace(cell.contestant, runtime=DEFAULT_RUNTIME)
        )
        for cell in cells
        if cell.contestant.runtime != DEFAULT_RUNTIME
    }
    base = _find_base(cells)
    if on_default:
        pairs = ((cell, twin if twin in cells else base) for cell, twin in on_default.items())
        return {cell: other for cell, other in pairs if cell != other}
    return {cell: base for cell in cells if cell != base}


def _choose_control(cells: Sequence[Cell]) -> dict[Cell, Cell]:
    """Return the second copy of the contestant that is entered twice, with the first, if any."""
    return {cell: _find_base(cells) for cell in cells if cell.control}


def _find_base(cells: Sequence[Cell]) -> Cell:
    """Return the cell of the baseline, or else the first."""
    baseline = Contestant(cells[0].workload, BASELINE)
    return next((cell for cell in cells if cell.contestant == baseline), cells[0])


def _turn_s(trial: Trial) -> float:
    """Return how long a turn took: a sample or, on a server, the load without a fixed rate.

    All turns together have one phase at a fixed rate, however many they are.
    """
    spans = [
        *(phase.elapsed_ns for phase in trial.phases if phase.loop != "open"),
        *(sample.elapsed_ns for sample in trial.samples if not sample.warmup and not trial.phases),
    ]
    return sum(spans) / trial.rounds / 1e9
