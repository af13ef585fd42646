"""A grid of cases over the CPU share of a request and the number of requests at a time. Pure.

The shares are spaced as on a map: logarithmically from 1% on, and 0 has a place of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    Index = tuple[int, int]  # positions in `shares` and in `counts`

# What formulas of a grid may use: the share in percent, and the requests at a time.
SHARE, AT_A_TIME = "share", "at_a_time"


@dataclass(frozen=True)
class Grid:
    """Cases over share and concurrency: some are measured first, the others where models change."""

    cpu: str  # the parameter with the CPU time of a request, in ns
    wait: str  # the parameter with its wait, in ns
    at_a_time: str  # the parameter with the number of requests at a time
    shares: tuple[int, ...]  # percent of a request's own time, ascending; first and later ones
    counts: tuple[int, ...]  # requests at a time, ascending; first and later ones
    first: frozenset[Index]  # measured before the others
    cases: Mapping[Index, str]  # the case of every point
    metrics: tuple[str, ...]  # a map for each
    used: str  # the metric with the CPU time that was used instead of `cpu`; empty: unknown
    without: Mapping[str, str]  # model -> why it is not on the map

    def index_of(self, case: str) -> Index | None:
        """Return the position of a case; None if it is not of the grid."""
        return next((index for index, own in self.cases.items() if own == case), None)


def share_place(share: float) -> float:
    """Return where a share in percent lies on a map: 0% at 0, 1% at 1, 10% at 2, 100% at 3."""
    return share if share < 1 else 1 + math.log10(share)


def count_place(count: float) -> float:
    """Return where a number of requests at a time lies on a map: 1 at 0, 10 at 1."""
    return math.log10(count)


def case_id(share: int, count: int) -> str:
    """Return the id of the case of a point: `share-10-at-100`."""
    return f"share-{share}-at-{count}"


def neighbours(index: Index, measured: Collection[Index]) -> Iterator[tuple[Index, Index]]:
    """Yield the two nearest measured points on both sides of a point, in its row and its column."""
    for axis in (0, 1):
        line = [other for other in measured if other[1 - axis] == index[1 - axis]]
        below = [other for other in line if other[axis] < index[axis]]
        above = [other for other in line if other[axis] > index[axis]]
        if below and above:
            yield max(below), min(above)
