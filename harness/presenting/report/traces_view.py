"""The section of the traces as plain data: what each scene teaches, and where its figure is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.traces.scene import FIGURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.traces.store import SceneTraces

# Figures that are part of the page, which has no room for all; the others are links.
EMBEDDED = (f"{FIGURES}threetasks", f"{FIGURES}blocking")


@dataclass(frozen=True)
class SceneDetails:
    """A scene with its sentence, the name of its figure, and the models that have no trace."""

    title: str
    question: str
    lesson: str
    figure: str
    is_embedded: bool
    missing: tuple[tuple[str, str], ...]  # model and reason


def section(traced: Mapping[str, SceneTraces]) -> tuple[SceneDetails, ...]:
    """Return the scenes of the section, those whose figures are part of the page first."""
    details = [
        SceneDetails(
            one.scene.title,
            one.scene.question,
            one.lesson,
            f"{FIGURES}{id_}",
            f"{FIGURES}{id_}" in EMBEDDED,
            tuple(one.missing.items()),
        )
        for id_, one in traced.items()
    ]
    return tuple(sorted(details, key=lambda one: not one.is_embedded))
