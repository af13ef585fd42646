"""The command that makes one run of several: merge."""

from __future__ import annotations

import os
from pathlib import Path

import click
from rich.console import Console

from harness import units
from harness.cli import options
from harness.cli.console import print_line, warn
from harness.results import store
from harness.results.merge import merge_runs


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN RUN...")
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Folder of the merged run, which must not exist yet.",
)
def merge(runs: tuple[str, ...], target: Path) -> None:
    """Merge runs of one machine and configuration into one run with the blocks of all.

    The runs stay as they are. Runs that differ are refused with the difference; use `compare` for
    those. A run is named by its path, or by its name in `results` or beside the merged one.
    """
    count = merge_runs([_find(name, target) for name in runs], target, warn)
    path = os.path.relpath(target)
    number = units.format_count(count, "trial")
    print_line(Console(), f"{number} of {len(runs)} runs: {path}")
    print_line(Console(), f"Draw figures and write the report: loombench plot {path}")


def _find(name: str, target: Path) -> Path:
    is_beside = (target.parent / name / store.RUN_FILE).is_file()
    return store.find_run(target.parent if is_beside else options.RESULTS, name)


COMMANDS = (merge,)
