"""Options shared by several commands, and their types."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness import units
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_SEED = 2**31 - 1


class ParsedType(click.ParamType[Any]):
    """An option type with a parsing function, whose Problem is shown to the user."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Any:
        """Parse a value, or report the error through click."""
        try:
            return self._parse(str(value))
        except Problem as problem:
            self.fail(str(problem), param, ctx)


def _parse_seed(text: str) -> int:
    seed = int(text) if text.isdecimal() else -1
    if not 0 <= seed <= _MAX_SEED:
        raise Problem(f"found {text!r}, expected a whole number from 0 to {_MAX_SEED}")
    return seed


DURATION = ParsedType("duration", units.parse_duration)
SIZE = ParsedType("size", units.parse_size)
PERCENT = ParsedType("percent", units.parse_percent)

RESULTS = Path("results")

out = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=RESULTS,
    show_default=True,
    help="Directory of the runs.",
)


def _repeatable(name: str, metavar: str, help_: str, type_: Any = str) -> Callable[..., Any]:
    """Return a repeatable option `--NAME`; the parameter of the command is NAMEs."""
    return click.option(
        f"--{name}",
        name + "s",
        multiple=True,
        type=type_,
        metavar=metavar,
        help=f"{help_}; may be repeated.",
    )


_PATH = click.Path(path_type=Path)
workload = _repeatable("workload", "NAME", "Only this workload")
model = _repeatable("model", "NAME", "Only this model")
case = _repeatable("case", "NAME", "Only this case")
question = _repeatable("question", "NAME", "Only this question")
runner = _repeatable(
    "runner", "FILE_OR_FOLDER", "Also use the runners of this loombench.toml", _PATH
)
env = _repeatable(
    "env", "NAME[=VALUE]", "Pass this variable to all measured processes, which get few others"
)
runtime = _repeatable(
    "runtime",
    "LABEL=PATH",
    "Also measure on this interpreter; `loombench runtimes` lists those that are installed",
)
ledger = _repeatable("ledger", "FILE", "Also check the claims in this file (docs/claims.md)", _PATH)
only = click.option(
    "--only",
    is_flag=True,
    help="Check only the claims of the given ledgers, not those of Loombench.",
)
must_hold = click.option(
    "--must-hold",
    is_flag=True,
    help="Exit with 1 unless every claim holds, and print what to do about the others.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
beside = click.option(
    "--beside", is_flag=True, help="Measure although another run is measured; marks all trials."
)
scheduler = click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Measure on the workers of this Dask scheduler (docs/fleet.md).",
)
max_memory = click.option(
    "--max-memory",
    type=SIZE,
    help="Memory limit of one trial: 512MiB, 2GiB. [half of the free memory]",
)
seed = click.option(
    "--seed", type=ParsedType("seed", _parse_seed), help="Random seed of the run. [random]"
)


def split(names: Sequence[str]) -> tuple[str, ...]:
    """Split `--model a --model b` and `--model a,b` into names.

    Raises Problem for a text without a name, which would otherwise choose everything.
    """
    found = [text.replace(",", " ").split() for text in names]
    if [] in found:
        raise Problem(f"found {names[found.index([])]!r}, expected a name")
    return tuple(chain.from_iterable(found))
