"""What a run traces: files in `scenes`. Pure but for `load_folder`.

A scene is a program that is traced and never measured, or a workload with parameters so small that
its lanes can be read.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.toml_table import TomlTable
from harness.errors import Problem
from harness.traces.lessons import LESSONS

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENES = Path(__file__).with_name("scenes")
FIGURES = "lanes-"  # begins the names of the figures of traces
# Models that no recorder knows, and why.
NOT_TRACED = {
    "loops": "each of its threads has a loop of asyncio; trace asyncio",
    "interpreters": "no recorder sees into another interpreter",
}
_MOST = 10**12  # of a parameter


@dataclass(frozen=True)
class Scene:
    """A small program with one set of parameters and a known answer."""

    id: str
    title: str
    question: str
    lesson: str  # what its lanes teach: a name in `lessons.LESSONS`
    params: Mapping[str, int | str]
    expect: int
    not_applicable: Mapping[str, str]  # model -> why it cannot have this program
    workload: str = ""  # that it is a case of; empty: a program of its own

    @property
    def program(self) -> str:
        """The name that runners know it by."""
        return self.workload or self.id


def parse(text: str, id_: str, file: str) -> Scene:
    """Read the text of one file. Raises Problem."""
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    table = root.table("params")
    params: dict[str, int | str] = {
        name: table.text(name)
        if isinstance(value, str)
        else table.integer(name, least=0, most=_MOST)
        for name, value in table.values.items()
    }
    scene = Scene(
        id=id_,
        title=root.text("title"),
        question=root.text("question"),
        lesson=root.choice("lesson", tuple(LESSONS)),
        params=params,
        expect=root.integer("expect", most=_MOST),
        not_applicable={**NOT_TRACED, **root.texts_of("not_applicable")},
        workload=root.text("workload", ""),
    )
    root.refuse_unknown_keys()
    return scene


def load_folder(folder: Path = SCENES) -> dict[str, Scene]:
    """Read every scene."""
    return {
        path.stem: parse(path.read_text(encoding="utf-8"), path.stem, path.name)
        for path in sorted(folder.glob("*.toml"))
    }
