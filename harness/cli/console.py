"""What commands say, and to whom: results on standard output, warnings on standard error."""

from __future__ import annotations

import click
import msgspec
import rich.console

from harness import units


class Console(rich.console.Console):
    """A console that does not end the program when nobody reads it any more; `main` does."""

    def on_broken_pipe(self) -> None:
        """Leave it to `main`."""
        raise BrokenPipeError


def say(console: Console, text: str) -> None:
    """Print a line as it is: brackets are no markup, and paths are not broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def warn(text: str) -> None:
    """Say what was not as expected, and keep going."""
    click.echo(f"warning: {units.printable(text)}", err=True)


def echo_json(document: object) -> None:
    """Print a document for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
