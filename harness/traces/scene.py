"""Programs that are traced and never measured: files in `scenes`. Pure but for `load_folder`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.toml_table import TomlTable
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENES = Path(__file__).with_name("scenes")
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
    params: Mapping[str, int | str]
    expect: int
    not_applicable: Mapping[str, str]  # model -> why it cannot have this program


def parse(text: str, id_: str, file: str) -> Scene:
    """Read the text of one file. Raises Problem."""
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    table = root.table("params")
    params: dict[str, int | str] = {
        name: table.integer(name, least=0, most=_MOST) for name in table.values
    }
    scene = Scene(
        id=id_,
        title=root.text("title"),
        question=root.text("question"),
        params=params,
        expect=root.integer("expect", most=_MOST),
        not_applicable={**NOT_TRACED, **root.texts_of("not_applicable")},
    )
    root.refuse_unknown_keys()
    return scene


def load_folder(folder: Path = SCENES) -> dict[str, Scene]:
    """Read every scene."""
    return {
        path.stem: parse(path.read_text(encoding="utf-8"), path.stem, path.name)
        for path in sorted(folder.glob("*.toml"))
    }
