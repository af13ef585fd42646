"""Which point of a grid to measure next: where the fastest contestants change. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.catalog.grid import neighbours

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harness.catalog.contestant import Contestant
    from harness.catalog.grid import Grid, Index


class Leaders(NamedTuple):
    """The best contestant at a point so far, and all that are about as good."""

    best: Contestant | None  # None: nothing has a value there
    near: frozenset[Contestant]

    def differ(self, other: Leaders) -> bool:
        """Return whether the best of one of two points is not about as good at the other."""
        if self.best is None or other.best is None:
            return False
        return self.best not in other.near or other.best not in self.near


def next_point(
    grid: Grid, leaders: Mapping[Index, Leaders], candidates: Collection[Index]
) -> Index | None:
    """Return the point to measure next; None if no candidate is useful.

    `leaders` has the measured points. A candidate between two that differ comes first, and of those
    the one in the longest gap. If there is none, the rim of the grid is measured, as densely as the
    first points are, so that the map reaches as far as the grid.
    """
    gaps: dict[Index, int] = {}
    for point in sorted(candidates):
        for below, above in neighbours(point, leaders):
            if leaders[below].differ(leaders[above]):
                length = above[0] - below[0] + above[1] - below[1]
                gaps[point] = max(length, gaps.get(point, 0))
    if gaps:
        return max(gaps, key=gaps.__getitem__)
    return next((point for point in sorted(candidates) if _is_on_rim(point, grid)), None)


def is_on_border(point: Index, leaders: Mapping[Index, Leaders]) -> bool:
    """Return whether the nearest measured point in some direction has another leader."""
    for axis in (0, 1):
        line = sorted(other for other in leaders if other[1 - axis] == point[1 - axis])
        place = line.index(point)
        beside = line[max(0, place - 1) : place] + line[place + 1 : place + 2]
        if any(leaders[point].differ(leaders[other]) for other in beside):
            return True
    return False


def _is_on_rim(point: Index, grid: Grid) -> bool:
    share, count = point
    is_first_share, is_first_count = (
        any(one[axis] == point[axis] for one in grid.first) for axis in (0, 1)
    )
    return (count in (0, len(grid.counts) - 1) and is_first_share) or (
        share in (0, len(grid.shares) - 1) and is_first_count
    )
