"""Commands that compare versions: ab, compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.analysis import changes, run_comparison
from harness.analysis.changes import Change
from harness.analysis.stored_run import analyse_run
from harness.catalog.workload import HEADLINE
from harness.cli import options
from harness.cli.console import Printable, print_line, warn
from harness.cli.inventory import open_inventory
from harness.cli.results import show_revision
from harness.errors import Exit, Problem
from harness.interrupts import interruptible
from harness.measuring import against, campaign
from harness.measuring.blocks import Ended
from harness.measuring.machine.measuring_alone import measuring_alone
from harness.measuring.plan import PROFILES, RunSelection
from harness.measuring.progress import Display
from harness.presenting import tables
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.changes import CellChange
    from harness.analysis.run_results import Analysis

_BUDGET_S = 60.0
_PRECISION = 0.005
_ADVICE = "More time decides more: --budget. So do fewer contestants: --workload, --model."
_fail_on = click.option(
    "--fail-on", type=options.PERCENT, help="Exit with 1 if anything is slower by more than this."
)


@click.command()
@click.argument("revision", metavar="REV")
@options.workload
@options.model
@options.case
@options.env
@click.option("--budget", type=options.DURATION, help="Time to measure: 90s, 3m, 1h. [60s]")
@click.option(
    "--precision",
    type=options.PERCENT,
    help="Stop when every ratio is known to within this. [0.5%]",
)
@click.option("--unchanged", is_flag=True, help="Also measure implementations that are the same.")
@options.max_memory
@options.seed
@options.beside
@_fail_on
@options.out
def ab(
    revision: str,
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    cases: tuple[str, ...],
    envs: tuple[str, ...],
    budget: float | None,
    precision: float | None,
    max_memory: int | None,
    seed: int | None,
    fail_on: float | None,
    out: Path,
    *,
    unchanged: bool,
    beside: bool,
) -> int:
    """Measure whether the working tree is faster than REV, a git revision such as HEAD.

    Measures the implementations that differ, old and new in the same blocks. By default only the
    headline cases.
    """
    console = Console()
    selection = RunSelection(
        options.split(workloads), options.split(models), options.split(cases) or (HEADLINE,)
    )
    inventory = open_inventory((), envs)
    match = against.open_match(inventory, revision, selection, out, unchanged=unchanged)
    for note in match.notes:
        print_line(console, note)
    with measuring_alone(beside=beside) as is_alone:
        current = campaign.begin(
            out,
            selection,
            PROFILES["quick"],
            budget or _BUDGET_S,
            seed,
            precision or _PRECISION,
            match.inventory,
            alone=match.alone,
        )
        display = Display(
            console, current.budget, lambda: current.planned, current.allocator.trials
        )
        with interruptible() as interrupted, display:
            ended = current.measure(display, interrupted, max_memory, is_alone=is_alone)
    print_line(console, f"{ended.text}: {current.folder}")
    rows = _show_changes(current.folder, console)
    if ended is Ended.INTERRUPTED:
        return Exit.INTERRUPTED
    return _exit_code(rows, fail_on, console)


def _show_changes(folder: Path, console: Console) -> Sequence[CellChange]:
    """Print and return what the revision made faster or slower."""
    rows = show_revision(analyse_run(folder, warn), console)
    if any(row.change is Change.UNDECIDED for row in rows):
        print_line(console, _ADVICE)
    return rows


@dataclass(frozen=True)
class _Found:
    """A run to compare, as the user named it."""

    name: str
    folder: Path

    def analyse(self) -> Analysis:
        """Analyse it, with warnings that name it."""
        return analyse_run(self.folder, lambda warning: warn(f"{self.name}: {warning}"))


@click.command()
@click.argument("first")
@click.argument("second")
@_fail_on
@click.option("--across-machines", is_flag=True, help="Compare ratios to the baseline of each run.")
@options.out
def compare(
    first: str, second: str, fail_on: float | None, out: Path, *, across_machines: bool
) -> int:
    """Compare the SECOND run with the FIRST: what is faster or slower, tied or undecided.

    Each side may be several runs, separated by commas: A1,A2 B1,B2. To judge a change of the code,
    use `loombench ab`.
    """
    sides = [
        [_Found(name, store.find_run(out, name)) for name in options.split([side])]
        for side in (first, second)
    ]
    # All that run.json says, before trials are analysed: that takes many seconds.
    run_comparison.check_comparable(
        *([store.read_run(one.folder) for one in side] for side in sides),
        across_machines=across_machines,
    )
    found = run_comparison.compare_runs(
        *([one.analyse() for one in side] for side in sides), across_machines=across_machines
    )
    console = Console()
    console.print(Printable(tables.comparison(found.changes, "second / first")))
    for note in found.notes:
        print_line(console, note)
    if all(row.change is Change.NOT_COMPARABLE for row in found.changes):
        raise Problem("the runs have no cell that can be compared", Exit.NOT_POSSIBLE)
    return _exit_code(found.changes, fail_on, console)


def _exit_code(rows: Sequence[CellChange], fail_on: float | None, console: Console) -> Exit:
    """Name what is slower by more than the user accepts; without a limit nothing is."""
    slower = [] if fail_on is None else changes.regressions(rows, fail_on)
    if slower:
        names = ", ".join(f"{row.cell.workload} {row.cell.name}" for row in slower)
        print_line(console, f"slower by more than {100 * (fail_on or 0):g}%: {names}")
    return Exit.FAILED if slower else Exit.SUCCESS


COMMANDS = (ab, compare)
