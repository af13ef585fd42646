"""The values of a metric by block and round, and ratios of contestants inside them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics.metrics import array_median

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


@dataclass
class BlockValues:
    """One value per block; and one per round of each block whose contestants took turns."""

    by_block: dict[int, float] = field(default_factory=dict)
    by_round: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    def add(self, block: int, samples: NDArray[np.float64], rounds: int) -> None:
        """Add the samples of one process; `rounds` is 0 if it was measured alone."""
        value = array_median(samples)
        if value is not None:
            self.by_block[block] = value
            if rounds and samples.size == rounds:
                self.by_round[block] = samples

    def map(self, formula: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> BlockValues:
        """Return what a formula makes of every value."""
        values = formula(np.array(list(self.by_block.values()), dtype=float))
        return BlockValues(
            dict(zip(self.by_block, values.tolist(), strict=True)),
            {block: formula(samples) for block, samples in self.by_round.items()},
        )


def pair_blocks(these: BlockValues, those: BlockValues) -> list[tuple[float, float]]:
    """Return one pair per common block, whose ratio is that of the block."""
    pairs = (pair_block(these, those, block) for block in these.by_block)
    return [pair for pair in pairs if pair is not None]


def pair_block(these: BlockValues, those: BlockValues, block: int) -> tuple[float, float] | None:
    """Return a pair whose ratio is that of a block; None if one side has no value.

    Where both took turns, it is the median over rounds of the ratio inside the round: a slow phase
    of the machine meets both sides of a round. Else it is the ratio of their values.
    """
    if block not in these.by_block or block not in those.by_block:
        return None
    ratios = round_ratios(these, those, block)
    if ratios is None:
        return these.by_block[block], those.by_block[block]
    median = array_median(ratios)
    assert median is not None  # a process with rounds has samples
    return median, 1.0


def round_ratios(these: BlockValues, those: BlockValues, block: int) -> NDArray[np.float64] | None:
    """Return the ratio inside each round of a block; None if the two did not take turns."""
    mine, theirs = these.by_round.get(block), those.by_round.get(block)
    if mine is None or theirs is None or mine.size != theirs.size or not theirs.all():
        return None
    return mine / theirs
