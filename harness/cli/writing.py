"""The commands that write new files into the repository: `new workload`, `new implementation`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from harness import scaffold
from harness.catalog import workload_file
from harness.catalog.workload import SHAPES
from harness.cli.console import Console, say
from harness.errors import Exit, Problem, unknown_name
from harness.paths import ROOT, WORKLOADS

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def new() -> None:
    """Write the beginning of a workload or of an implementation, with its rules beside it."""


@new.command()
@click.argument("name")
@click.option(
    "--shape",
    type=click.Choice(SHAPES),
    default=SHAPES[0],
    show_default=True,
    help="What is measured: docs/workload-files.md.",
)
def workload(name: str, shape: str) -> None:
    """Write the file of a workload and its first implementations: docs/adding-a-workload.md."""
    files = scaffold.workload(name, shape)
    if (ROOT / scaffold.workload_path(name)).exists():
        raise Problem(
            f"{scaffold.workload_path(name)}: found a workload of that name, expected none;"
            f" choose another name, or add to it: loombench new implementation {name} BASE"
        )
    _write(files)
    _next(files, name)


@new.command()
@click.argument("workload_", metavar="WORKLOAD")
@click.argument("way", metavar="BASE[__VARIANT]")
def implementation(workload_: str, way: str) -> None:
    """Write an implementation that says what is to be written: asyncio, trio__buffered, go."""
    base, variant = scaffold.parse_way(way)
    known = workload_file.load_folder(WORKLOADS)
    if workload_ not in known:
        raise unknown_name("workload", workload_, known)
    path, text = scaffold.implementation(known[workload_], base, variant)
    if base == "go":
        _refuse_a_second(ROOT / path, variant)
    _write({path: text})
    _next({path: text}, workload_)


def _refuse_a_second(path: Path, variant: str) -> None:
    """Raise Problem where a file of that package has the function already."""
    for file in sorted(path.parent.glob("*.go")):
        if file.name.endswith("_test.go"):
            continue
        for found in re.findall(r"^func Run(\w*)\(", file.read_text("utf-8"), re.MULTILINE):
            if found.lower() == variant:
                raise Problem(
                    f"{file.relative_to(ROOT).as_posix()}: found the function Run{found}, expected"
                    " none; change that one, or name another variant"
                )


def _write(files: dict[str, str]) -> None:
    """Write all of the files, or none. Raises Problem; what is there is never overwritten."""
    there = [path for path in files if (ROOT / path).exists()]
    if there:
        raise Problem(
            f"{there[0]}: found a file, expected none; change that one, or choose another name"
        )
    made: list[Path] = []
    try:
        for path, text in files.items():
            target = ROOT / path
            missing = [one for one in target.parents if not one.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                made.append(folder)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                made.append(target)
                file.write(text)
    except BaseException as error:
        for one in reversed(made):
            if one.is_dir():
                one.rmdir()
            else:
                one.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Problem(
                f"{path}: cannot be written: {error.strerror or error}; expected a clone that you"
                " may write to; nothing was written",
                Exit.NOT_POSSIBLE,
            ) from None
        raise


def _next(files: dict[str, str], name: str) -> None:
    console = Console()
    for path in files:
        say(console, f"wrote {path}")
    say(console, "next, when the work is written:")
    say(console, f"  .venv/bin/loombench validate {name}")
    say(console, f"  .venv/bin/loombench run --workload {name} --budget 20s")


COMMANDS = (new,)
