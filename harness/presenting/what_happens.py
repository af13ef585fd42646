"""The generated parts of `docs/what-happens.md`: lanes, and rows of the table of behaviours. Pure.

Each question shows one scene and some behaviours, on a few models beside each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from harness.presenting.export.markdown import escape
from harness.traces.scene import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.behaviours.judge import Cell, Row
    from harness.traces.store import SceneTraces

_PREFIX = "doc-"  # of the names of its figures: those of the run show all models
NOT_RECORDED = "The reference run has not recorded this."


class Shown(NamedTuple):
    """What answers a question."""

    scene: str
    models: tuple[str, ...]
    behaviours: tuple[str, ...]


QUESTIONS = {
    "blocking": Shown("blocking", ("asyncio", "threads", "go"), ("timeoutblocking",)),
    "await": Shown("threetasks", ("asyncio", "trio"), ("lostawait",)),
    "threads": Shown("threetasks", ("threads", "processes", "go"), ("preemption",)),
    "cancellation": Shown("cleanup", ("asyncio", "trio", "go"), ("cancelagain",)),
    "go": Shown("busy", ("asyncio", "go-1cpu", "go"), ("preemption",)),
}


def select_scenes(traced: Mapping[str, SceneTraces]) -> dict[str, SceneTraces]:
    """Return the traces of each question that the run has, of the shown models alone.

    Their names are those of the figures, without the beginning that all figures of traces share.
    """
    selected = {}
    for name, shown in QUESTIONS.items():
        if shown.scene in traced:
            one = traced[shown.scene]
            traces = {model: one.traces[model] for model in shown.models if model in one.traces}
            if traces:
                selected[f"{_PREFIX}{name}"] = replace(one, traces=traces)
    return selected


def render_blocks(rows: Sequence[Row], traced: Mapping[str, SceneTraces]) -> dict[str, str]:
    """Return the text of every block, by name."""
    scenes, by_id = select_scenes(traced), {row.question.id: row for row in rows}
    return {
        name: "\n".join([*_figure(f"{_PREFIX}{name}", scenes), "", *_table(shown, by_id), ""])
        for name, shown in QUESTIONS.items()
    }


def _figure(name: str, scenes: Mapping[str, SceneTraces]) -> Iterator[str]:
    if name in scenes:
        yield f"![{escape(scenes[name].lesson)}](reference-run/figures/{FIGURES}{name}.png)"
    else:
        yield NOT_RECORDED


def _table(shown: Shown, rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the rows of the behaviours that were observed."""
    found = [rows[id_] for id_ in shown.behaviours if id_ in rows]
    if not found:
        yield NOT_RECORDED
        return
    yield f"| question | {' | '.join(shown.models)} |"
    yield f"|---|{'---|' * len(shown.models)}"
    for row in found:
        cells = {cell.model: cell for cell in row.cells}
        words = (escape(_word(cells.get(model))) for model in shown.models)
        yield f"| {escape(row.question.title)} | {' | '.join(words)} |"


def _word(cell: Cell | None) -> str:
    return "not observed" if cell is None else cell.text
