"""The behaviours for the terminal: each question, and for each answer the models that gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.behaviours import judge
from harness.behaviours.judge import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.behaviours.judge import Cell, Row

_STYLES = {State.VARYING: "yellow", State.FAILED: "red", State.AGREED: ""}


def behaviours(rows: Sequence[Row]) -> Iterator[RenderableType]:
    """Yield the output of `behaviours`: each question with its answers, then what differs."""
    group = ""
    for row in rows:
        if row.question.group != group:
            group = row.question.group
            yield Text(f"\n{group[0].upper()}{group[1:]}", style="bold")
        yield Text(f"\n{row.question.title}", style="bold")
        yield Text(f"{row.question.id}: {row.question.probe}", style="bright_black")
        yield _answers(row.cells)
    for difference in judge.find_differences(rows):
        yield Text(f"Not as documented: {difference}", style="yellow")
    yield Text(f"\n{judge.summary_sentence(rows)}.", style="bold")


def _answers(cells: Sequence[Cell]) -> Table:
    """Return a line for each answer, with the models that gave it."""
    lines: dict[tuple[str, str], list[str]] = {}
    for cell in (one for own in cells for one in (own, *own.elsewhere)):
        answer = cell.text if cell.state in _STYLES else f"({cell.state.value})"
        if cell.state is State.FAILED:
            answer = f"failed: {cell.reason}"
        style = _STYLES.get(cell.state, "bright_black")
        lines.setdefault((answer, style), []).append(cell.name)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for (answer, style), models in lines.items():
        table.add_row(Text(f"  {answer}", style=style), Text(", ".join(models), style=style))
    return table
