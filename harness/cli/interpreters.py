"""The command that lists interpreters: runtimes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.cli import options
from harness.cli.console import echo_json, print_line
from harness.errors import Exit
from harness.measuring.runners.interpreters import find_interpreters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.measuring.runners.interpreters import Interpreter


@click.command("runtimes")
@options.as_json
def runtimes_(*, as_json: bool) -> int:
    """List the Pythons in PATH, /usr, pyenv and uv, and which of them `--runtime` can use."""
    found = find_interpreters(os.environ)
    if as_json:
        echo_json([_to_document(one) for one in found])
    else:
        _print(found)
    return Exit.SUCCESS


def _print(found: Sequence[Interpreter]) -> None:
    console = Console()
    usable = [one for one in found if not one.reason]
    width = max((len(one.name) for one in usable), default=0)
    print_line(console, "Usable:" if usable else "Usable: none; install Python 3.11 or later")
    for one in usable:
        print_line(console, f"  {one.name:<{width}}  --runtime {one.label}={one.path}")
    if len(usable) < len(found):
        print_line(console, "Not usable:")
    for one in found:
        if one.reason:
            print_line(console, f"  {one.path}: {one.reason}")


def _to_document(one: Interpreter) -> dict[str, object]:
    return {
        "label": one.label,
        "name": one.name,
        "path": str(one.path),
        "version": one.version,
        "implementation": one.implementation,
        "free_threaded": one.free_threaded,
        "usable": not one.reason,
        "reason": one.reason,
    }


COMMANDS = (runtimes_,)
