"""What people read in a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType


def printed(renderables: Iterable[RenderableType], width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    for renderable in renderables:
        console.print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in console.file.getvalue().splitlines())
