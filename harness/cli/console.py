"""Print results on standard output and warnings on standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import msgspec
from rich.segment import Segment

from harness import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType


@dataclass(frozen=True)
class Printable:
    """What is stored in a run, to be printed: its texts cannot control the terminal."""

    content: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Render the content, and replace what is not printable; styles come from us."""
        for text, style, control in console.render(self.content, options):
            yield Segment(text if control else units.printable(text), style, control)


def print_line(console: Console, text: str) -> None:
    """Print a line verbatim: no markup, no wrapping of paths."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"warning: {units.one_line(text)}", err=True)


def note(text: str) -> None:
    """Print on standard error what is done and may take a while."""
    click.echo(units.one_line(text), err=True)


def echo_json(document: object) -> None:
    """Print a document as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
