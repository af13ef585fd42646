"""Print results on standard output and warnings on standard error."""

from __future__ import annotations

import click
import msgspec
import rich.console

from harness import units


class Console(rich.console.Console):
    """A console that leaves the handling of closed pipes to `main`."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError instead of exiting."""
        raise BrokenPipeError


def print_line(console: Console, text: str) -> None:
    """Print a line verbatim: no markup, no wrapping of paths."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Print a warning on standard error."""
    click.echo(f"warning: {units.printable(text)}", err=True)


def echo_json(document: object) -> None:
    """Print a document as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
