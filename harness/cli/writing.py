"""Commands that create files in the repository: `new workload`, `new implementation`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness import scaffold
from harness.catalog import workload_file
from harness.catalog.workload import SHAPES
from harness.cli.console import print_line
from harness.errors import Exit, Problem, unknown_name
from harness.paths import IS_INSTALLED, ROOT, WORKLOADS

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def new() -> None:
    """Create the skeleton of a workload or implementation. Includes the rules."""
    if IS_INSTALLED:
        raise Problem(
            "found an installed Loombench, expected a clone of its repository to write into;"
            " clone it, or write a runner of your own (docs/external-runners.md)",
            Exit.NOT_POSSIBLE,
        )


@new.command()
@click.argument("name")
@click.option(
    "--shape",
    type=click.Choice(SHAPES),
    default=SHAPES[0],
    show_default=True,
    help="What is measured (docs/workload-files.md).",
)
def workload(name: str, shape: str) -> None:
    """Create a workload file and its first implementations. See docs/adding-a-workload.md."""
    files = scaffold.create_workload(name, shape)
    if (ROOT / scaffold.workload_path(name)).exists():
        raise Problem(
            f"{scaffold.workload_path(name)}: found a workload of that name, expected none;"
            f" choose another name, or add to it: loombench new implementation {name} BASE"
        )
    _write(files)
    _print_next_steps(files, name)


@new.command()
@click.argument("workload_", metavar="WORKLOAD")
@click.argument("way", metavar="BASE[__VARIANT]")
def implementation(workload_: str, way: str) -> None:
    """Create the skeleton of an implementation. BASE: asyncio, trio__buffered, go."""
    base, variant = scaffold.parse_base_and_variant(way)
    known = workload_file.load_folder(WORKLOADS)
    if workload_ not in known:
        raise unknown_name("workload", workload_, known)
    path, text = scaffold.create_implementation(known[workload_], base, variant)
    if base == "go":
        _check_no_duplicate(ROOT / path, variant)
    _write({path: text})
    _print_next_steps({path: text}, workload_)


def _check_no_duplicate(path: Path, variant: str) -> None:
    """Raise Problem if the Go package already has the function of this variant."""
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
    """Write all files or none. Raises Problem; existing files are never overwritten."""
    existing = [path for path in files if (ROOT / path).exists()]
    if existing:
        raise Problem(
            f"{existing[0]}: found a file, expected none; change that one, or choose another name"
        )
    created: list[Path] = []
    try:
        for path, text in files.items():
            target = ROOT / path
            missing = [folder for folder in target.parents if not folder.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                created.append(folder)
            with target.open("x", encoding="utf-8", newline="\n") as file:
                created.append(target)
                file.write(text)
    except BaseException as error:
        for item in reversed(created):
            if item.is_dir():
                item.rmdir()
            else:
                item.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise Problem(
                f"{path}: cannot be written: {error.strerror or error}; expected a writable"
                " clone; nothing was written",
                Exit.NOT_POSSIBLE,
            ) from None
        raise


def _print_next_steps(files: dict[str, str], name: str) -> None:
    console = Console()
    for path in files:
        print_line(console, f"wrote {path}")
    print_line(console, "next, after you have written the work:")
    print_line(console, f"  .venv/bin/loombench validate {name}")
    print_line(console, f"  .venv/bin/loombench run --workload {name} --budget 20s")


COMMANDS = (new,)
