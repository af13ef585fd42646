"""The table of behaviours as a picture: a row for each question, a column for each model."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.patches import Rectangle

from harness import units
from harness.behaviours import judge
from harness.behaviours.judge import State
from harness.presenting.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from harness.analysis.run_results import Analysis
    from harness.behaviours.judge import Cell, Row

_LABELS, _COLUMN, _ROW, _HEAD = 4.1, 0.98, 0.34, 0.5  # inches
_PER_INCH = 15.0  # characters of small text
_SMALL = 5.2  # points; the answers of a varying cell
_TINTS = ("#e4ecf5", "#fbdcb8", "#d3ead0", "#e5d6ee", "#f3e3a5", "#f6cfd3")  # by how common
_QUESTION = "What do the models do? A cell is what was observed on this machine."
_NOTE = (
    "Blue: the most common answer of a row; then orange, then green. Hatched: processes differ."
    " Red frame: not as documented. Empty: does not apply, or cannot run here."
)


class _Look(NamedTuple):
    face: str
    hatch: str = ""


def answered(rows: Sequence[Row]) -> list[str]:
    """Return the models that answered any question."""
    models = {cell.model for row in rows for cell in row.cells if _is_answered(cell)}
    return [cell.model for cell in rows[0].cells if cell.model in models] if rows else []


def _is_answered(cell: Cell) -> bool:
    return any(one.observations for one in (cell, *cell.others))


def figure(analysis: Analysis, rows: Sequence[Row]) -> Figure:
    """Draw the answers of all models to all questions."""
    models = answered(rows)
    width = _LABELS + _COLUMN * len(models) + 0.2
    body = _HEAD + _ROW * len(rows)
    sheet, bottom, top = style.sheet(
        width, body, _title(rows), _QUESTION, analysis, _note(rows), intervals=False
    )
    axes = sheet.add_axes(
        (
            _LABELS / width,
            bottom,
            _COLUMN * len(models) / width,
            top - bottom - _HEAD / sheet.get_figheight(),
        )
    )
    axes.set_xlim(0, len(models))
    axes.set_ylim(len(rows), 0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.set_xticks([index + 0.5 for index in range(len(models))], models, fontsize=7.5)
    labels = [textwrap.fill(row.question.title, int(_LABELS * _PER_INCH)) for row in rows]
    axes.set_yticks([index + 0.5 for index in range(len(rows))], labels, fontsize=7.5)
    groups = [row.question.group for row in rows]
    for index, row in enumerate(rows):
        if groups[index] not in groups[:index]:
            axes.plot([0, len(models)], [index, index], color=style.FAINT, lw=0.7, clip_on=False)
        _draw_row(axes, index, row, models)
    return sheet


def _note(rows: Sequence[Row]) -> str:
    """Explain the colours, and say how many processes an answer is from."""
    least = min(len(cell.observations) for row in rows for cell in row.cells if cell.observations)
    differs = any(cell.elsewhere for row in rows for cell in row.cells)
    elsewhere = "Below an answer: another one, on the runtime named. " if differs else ""
    processes = "process" if least == 1 else "processes"
    return f"{elsewhere}{_NOTE} Each answer is from {least} {processes}."


def _title(rows: Sequence[Row]) -> str:
    """Say on how many questions the models differ."""
    differing = sum(len(_rank(row)) > 1 for row in rows)
    count = units.format_count(len(rows), "question")
    found = len(judge.find_differences(rows))
    more = f"; {found} answers are not as documented" if found else ""
    return f"Models give different answers to {differing} of {count} about behaviour{more}"


def _rank(row: Row) -> list[str]:
    """Return the answers of a row, the most common first."""
    counts = Counter(cell.text for cell in row.cells if cell.state is State.AGREED)
    varying = {word for cell in row.cells if cell.state is State.VARYING for word, _ in cell.words}
    return [*(text for text, _ in counts.most_common()), *sorted(varying - counts.keys())]


def _draw_row(axes: Axes, index: int, row: Row, models: Sequence[str]) -> None:
    ranked = _rank(row)
    for cell in row.cells:
        if _is_answered(cell):
            _draw_cell(axes, models.index(cell.model), index, cell, ranked)


def _draw_cell(axes: Axes, column: int, row: int, cell: Cell, ranked: Sequence[str]) -> None:
    look = _look(cell, ranked)
    edge, line = (style.FAILED, 1.4) if cell.is_different else ("#ffffff", 1.0)
    axes.add_patch(
        Rectangle(
            (column + 0.03, row + 0.06),
            0.94,
            0.88,
            facecolor=look.face,
            edgecolor=edge if cell.is_different or not look.hatch else style.GRID,
            hatch=look.hatch,
            lw=line,
        )
    )
    text = cell.text if cell.state is not State.FAILED else "failed"
    lines = [text, *(f"{one.runtime}: {one.text}" for one in cell.elsewhere)]
    is_crowded = cell.state is State.VARYING or len(lines) > 1
    axes.text(
        column + 0.5,
        row + 0.5,
        "\n".join(textwrap.fill(line, int(_COLUMN * _PER_INCH) + 3) for line in lines),
        ha="center",
        va="center",
        fontsize=_SMALL if is_crowded else 6.2 if len(text) > _PER_INCH else 7,
        color=style.FAILED if cell.state is State.FAILED else style.INK,
    )


def _look(cell: Cell, ranked: Sequence[str]) -> _Look:
    if cell.state is not State.AGREED:
        return _Look("#ffffff", "////" if cell.state is State.VARYING else "")
    return _Look(_TINTS[min(ranked.index(cell.text), len(_TINTS) - 1)])
