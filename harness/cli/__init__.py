"""The command line. `main(argv)` returns the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from harness import units
from harness.cli.output import guarded
from harness.errors import Exit, Problem, explain
from harness.paths import has_working_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping, Sequence

# Importing numpy starts threads for its linear algebra, which nothing here needs. They cost more
# CPU time than the rest of the import. Children that are measured do not get this variable.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Each command, and its module here. Only the module of the command that is used is imported: that
# takes longer than many a command.
_MODULES = {
    "ab": "comparing",
    "advise": "advising",
    "behaviours": "behaving",
    "claims": "reading",
    "compare": "comparing",
    "doctor": "measuring",
    "export": "reading",
    "list": "measuring",
    "merge": "merging",
    "new": "writing",
    "plot": "reading",
    "report": "reading",
    "run": "measuring",
    "runtimes": "interpreters",
    "show": "reading",
    "trace": "tracing",
    "validate": "measuring",
    "versus": "versus",
}


class _Commands(Mapping[str, click.Command]):
    """The commands by name, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        module = import_module(f"harness.cli.{_MODULES[name]}")
        commands: Sequence[click.Command] = module.COMMANDS
        return next(one for one in commands if one.name == name)

    def __iter__(self) -> Iterator[str]:
        return iter(_MODULES)

    def __len__(self) -> int:
        return len(_MODULES)


@click.group(
    commands=cast("MutableMapping[str, click.Command]", _Commands()),  # click only reads it
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="loombench")
def cli() -> None:
    """Measure the same work in every concurrency model, on this machine."""


def main(argv: Sequence[str]) -> int:
    """Run one command and return its exit code. Errors are one line on standard error."""
    with guarded() as output:
        code = _run(argv)
        output.flush()
        if output.complaint:
            click.echo(f"loombench: {output.complaint}", err=True)
            return code or Exit.NOT_POSSIBLE
    return code


def _run(argv: Sequence[str]) -> int:
    try:
        result = cli.main(list(argv), prog_name="loombench", standalone_mode=False)
    except Problem as problem:
        return _complain(problem)
    except OSError as error:
        if explained := explain(error):
            return _complain(explained)
        if has_working_directory():
            raise
        gone = "the current directory has been deleted; change to another one"
        return _complain(Problem(gone, Exit.NOT_POSSIBLE))
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("loombench: interrupted", err=True)
        return Exit.INTERRUPTED
    except SystemExit:  # of click, because nobody reads the bytes of an export any more
        return Exit.SUCCESS
    return int(result or Exit.SUCCESS)


def _complain(problem: Problem) -> Exit:
    click.echo(f"loombench: {units.one_line(str(problem))}", err=True)
    return problem.code


def entry() -> None:
    """Run as the console script `loombench`. 1 means that something does not hold, 70 a defect."""
    try:
        code = main(sys.argv[1:])
    except Exception:  # noqa: BLE001 - whatever it is, it must not look like a verdict
        traceback.print_exc()
        code = Exit.INTERNAL
    sys.exit(code)
