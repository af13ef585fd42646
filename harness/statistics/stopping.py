"""When a case has been measured often enough. Pure.

An interval that is narrow for the first time is narrow partly by luck: its variance happens to be
estimated too low. If measuring stops there, 95% intervals contain the true ratio in only 91 to 92%.
Fixed-width sequential intervals have this fault (Chow and Robbins, 1965). So the interval has to
stay narrow for some blocks. `tests/bench/coverage.py` simulates what that achieves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

PRECISE_BLOCKS = 5


@dataclass
class StoppingRule:
    """Met once all ratios of a case were precise after each of the last blocks."""

    precision: float  # relative half-width that an interval may have
    in_a_row: int = PRECISE_BLOCKS
    widest: float = 0.0  # half-width of the least precise ratio; 0: none will have an interval
    _precise_blocks: int = 0

    def add_block(self, spreads: Iterable[float]) -> None:
        """Take in the relative half-widths of all intervals after one more block.

        Of a ratio that lacks blocks for its interval it is infinite.
        """
        self.widest = max(spreads, default=0.0)
        is_precise = 0 < self.widest <= self.precision
        self._precise_blocks = self._precise_blocks + 1 if is_precise else 0

    @property
    def excess(self) -> float:
        """By how much the widest interval is too wide; 0: precise enough."""
        return max(0.0, self.widest - self.precision)

    @property
    def is_met(self) -> bool:
        """Whether more blocks are unnecessary, or useless: no ratio will have an interval."""
        return self.widest == 0 or self._precise_blocks >= self.in_a_row
