"""Tables that fit into a terminal: columns that have no room go into another table below."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_GAP = 2  # between columns
_LEAST_HEADING = 14  # characters, before a heading is broken into lines


@dataclass(frozen=True)
class Column:
    """A column with its cells, one per row. Numbers stand on the right, texts on the left."""

    heading: str
    cells: Sequence[str]
    is_text: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no cell says anything."""
        return not any(self.cells)

    @property
    def lines(self) -> list[str]:
        """The heading, in lines about as wide as the cells."""
        return textwrap.wrap(self.heading, max(self._widest_cell, _LEAST_HEADING))

    @property
    def width(self) -> int:
        """The width in columns of a terminal."""
        return max(self._widest_cell, *map(cell_len, self.lines))

    @property
    def _widest_cell(self) -> int:
        return max(map(cell_len, self.cells), default=0)


def fit(
    keys: Sequence[Column], first: Sequence[Column], others: Sequence[Column], width: int
) -> Iterator[Table]:
    """Yield tables of at most `width` columns; the `keys` begin the first.

    The columns of `first` are in the first table if they can be, and `others` where there is room.
    Further tables begin with the last of the keys. Columns without content are left out.
    """
    waiting = [column for column in (*first, *others) if not column.is_empty]
    while waiting:
        room = width - sum(column.width + _GAP for column in keys) + _GAP
        chosen: list[Column] = []
        for column in waiting:
            if room >= _GAP + column.width or not chosen:
                room -= _GAP + column.width
                chosen.append(column)
        waiting = [column for column in waiting if column not in chosen]
        yield _table([*keys, *chosen])
        keys = keys[-1:]


def _table(columns: Sequence[Column]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="underline")
    for column in columns:
        table.add_column(
            Text("\n".join(column.lines)),
            overflow="fold",  # never cut a name
            justify="left" if column.is_text else "right",
            vertical="bottom",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*map(Text, row))
    return table
