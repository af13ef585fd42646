"""The options that several commands share, and the kinds of value they take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import units
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Kind(click.ParamType[Any]):
    """A kind of value that a function reads; what it says of a wrong one is shown to the user."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Read a value, or fail as click wants it."""
        try:
            return self._parse(str(value))
        except Problem as problem:
            self.fail(str(problem), param, ctx)


DURATION = Kind("duration", units.parse_duration)
SIZE = Kind("size", units.parse_size)
PERCENT = Kind("percent", units.parse_percent)

out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("results"),
    show_default=True,
    help="Where run directories are.",
)


def _several(name: str, metavar: str, help_: str, kind: Any = str) -> Callable[..., Any]:
    """Return an option `--NAME` that may be repeated; a command gets them as NAMEs."""
    return click.option(
        f"--{name}",
        f"{name}s",
        multiple=True,
        type=kind,
        metavar=metavar,
        help=f"{help_}; may be repeated.",
    )


_PATH = click.Path(path_type=Path)
workload = _several("workload", "NAME", "Only this one")
model = _several("model", "NAME", "Only this one")
case = _several("case", "NAME", "Only this one")
runner = _several("runner", "FILE_OR_FOLDER", "Also the runners of this loombench.toml", _PATH)
ledger = _several("ledger", "FILE", "Also the claims of this one: docs/claims.md", _PATH)
only = click.option(
    "--only",
    is_flag=True,
    help="Only the claims of the ledgers that are named, none of Loombench's.",
)
must_hold = click.option(
    "--must-hold",
    is_flag=True,
    help="Exit with 1 unless every claim holds, and say of each that does not what to do.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def split(names: Sequence[str]) -> tuple[str, ...]:
    """Allow `--model a --model b` and `--model a,b`."""
    return tuple(name for one in names for name in one.replace(",", " ").split())
