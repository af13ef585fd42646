"""Print results on standard output and warnings on standard error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from harness import units

if TYPE_CHECKING:
    from rich.console import Console


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
