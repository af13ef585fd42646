"""What two lines below a workload's figure say of its rows, and which rows they mark. Pure.

A figure says what a reader needs to trust a dot: what failed, what is not ranked, what is not
there. The report has every reason in full.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.obstacle import UNSOUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.run_results import CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.catalog.parts import Metric

MARK = "\u2020"  # a dagger: a line below the panels says something of this row
REST = " \u2026 (the rest: in the report, below the table)"
_WIDTH = 150  # characters of a line
_MOST_LINES = 2
_MOST_OTHERS = 3  # named in a note on all other rows
_MOST_NAMES = 6
_NUMBER = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True)
class Note:
    """What is said of some contestants."""

    text: str
    cells: tuple[CellResult, ...]
    others: tuple[CellResult, ...] | None = None  # if it is said of most rows, which get no mark

    @property
    def sentence(self) -> str:
        """The names, marked if they have a dot, and what is said of them."""
        whom = _join([cell.name for cell in self.cells])
        if self.others is not None:
            but = " and ".join(cell.name for cell in self.others)
            whom = f"all rows but {but}" if but else "all rows"
        mark = f"{MARK} " if self.marked else ""
        return units.printable(f"{mark}{whom}: {self.text}")

    @property
    def marked(self) -> list[CellResult]:
        """The rows that get a mark: those with a dot."""
        return [cell for cell in self.cells if cell.metrics] if self.others is None else []


def write_lines(notes: Sequence[Note], also: Sequence[str] = ()) -> list[str]:
    """Return at most two lines: a sentence each if they fit, else as much as there is room for."""
    sentences = [*(note.sentence for note in notes), *also]
    if len(sentences) <= _MOST_LINES and all(len(text) <= _WIDTH for text in sentences):
        return sentences
    sentences = [*(note.sentence for note in _shorten(notes)), *also]
    return textwrap.wrap(
        ".  ".join(sentences), _WIDTH, max_lines=_MOST_LINES, placeholder=REST, tabsize=1
    )


def _shorten(notes: Sequence[Note]) -> list[Note]:
    """Leave out the details of all but failures, and say once what then reads the same."""
    merged: dict[str, list[CellResult]] = {}
    for note in notes:
        is_failure = any(is_unsound(cell) for cell in note.cells)
        text = note.text if is_failure or note.others else note.text.partition(": ")[0]
        merged.setdefault(text, []).extend(note.cells)
    kept = {note.text: note.others for note in notes if note.others is not None}
    return [Note(text, tuple(cells), kept.get(text)) for text, cells in merged.items()]


def is_unsound(cell: CellResult) -> bool:
    """Return whether no value of a contestant shows its work."""
    return cell.unranked is not None and cell.unranked.obstacle in UNSOUND


def collect(result: WorkloadResult) -> list[Note]:
    """Return why cells have no dot or no rank, and their warnings; the gravest first.

    What is said of several is said once, except why each failed.
    """
    grouped: dict[tuple[int, str, Contestant | None], list[tuple[str, CellResult]]] = {}
    for cell in result.headline:
        for grade, text, of in _texts(cell, result.metric):
            grouped.setdefault((grade, _NUMBER.sub("#", text), of), []).append((text, cell))
    rows = [cell for cell in result.headline if cell.metrics]
    notes = []
    for _, said in sorted(grouped.items(), key=lambda item: item[0][0]):
        cells = tuple(cell for _, cell in said)
        text = said[0][0]
        if len({text for text, _ in said}) > 1:  # they differ in their numbers
            text = text.partition(": ")[0]
        notes.append(Note(text, cells, _others(cells, rows)))
    return notes


def _texts(cell: CellResult, metric: Metric) -> Iterator[tuple[int, str, Contestant | None]]:
    """Yield how grave something is, a text, and whose it is if nobody else shares it."""
    if cell.unranked is not None:
        if is_unsound(cell):
            yield 0, cell.unranked.text, cell.contestant
        else:
            yield 1, cell.unranked.text, None
    elif cell.absent is None and cell.metrics and metric.id not in cell.metrics:
        yield 1, f"no {metric.label} in any block: its samples have no value", None
    for warning in cell.warnings:
        yield 2, warning, None
    if cell.absent is not None:
        yield 3, f"{cell.absent.absence.label}: {cell.absent.reason}", None
    elif cell.unranked is None and not cell.metrics:
        yield 4, "not measured yet", None


def _join(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    shown = list(names) if more <= 1 else [*names[:_MOST_NAMES], f"{more} others"]
    return ", ".join(shown)


def _others(
    named: Sequence[CellResult], rows: Sequence[CellResult]
) -> tuple[CellResult, ...] | None:
    """Return the rows of which a note says nothing, if they are few; None if they are not."""
    contestants = {cell.contestant for cell in named}
    others = tuple(cell for cell in rows if cell.contestant not in contestants)
    is_of_rows = len(others) + len(named) == len(rows) > 1  # and not of some without a dot
    are_few = len(others) <= min(_MOST_OTHERS, len(rows) // 4)
    return others if is_of_rows and are_few else None
