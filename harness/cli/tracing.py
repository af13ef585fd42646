"""The command that traces a program: who ran when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.cli import options
from harness.cli.behaving import is_long
from harness.cli.console import print_line, warn
from harness.errors import Exit, Problem
from harness.interrupts import interruptible
from harness.measuring import recording, trace_plan
from harness.measuring.inventory import Inventory
from harness.paths import shorten
from harness.presenting import trace_tables
from harness.results.store import new_folder
from harness.traces import checks, scene, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from harness.measuring.campaign import Campaign
    from harness.measuring.recording import Subject
    from harness.measuring.trace_plan import TracePlan
    from harness.traces.recorded import Recorded


@click.command("trace")
@click.argument("program", metavar="WORKLOAD")
@options.model
@click.option("--case", help="A case of the workload. [one whose lanes can be read]")
@options.out
def trace(program: str, models: tuple[str, ...], case: str | None, out: Path) -> int:
    """Show who ran when, in each model: as lanes, and as files for Perfetto's viewer.

    A traced run is never timed; the cost of tracing is printed. `threetasks`, `looporder` and
    `busy` were made to be traced.
    """
    inventory = Inventory.open(remembered=True)
    for problem in inventory.runners.problems:
        warn(problem)
    planned = trace_plan.plan(inventory, program, options.split(models), case)
    folder = out / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-trace-{program}"
    with new_folder(folder):  # now, so that nothing is recorded in vain
        return _trace(folder, planned)


def _trace(folder: Path, planned: TracePlan) -> Exit:
    """Record the models and show what was recorded, also of those before an interruption."""
    results: list[Recorded | None] = []
    stopped: Problem | None = None
    with interruptible() as interrupted:
        try:
            results.extend(_record(planned.subjects, interrupted))
        except Problem as problem:
            stopped = problem
    recorded = [one for one in results if one is not None]
    if recorded:
        _present(folder, planned, recorded)
    if stopped is not None:
        raise stopped
    unsound = [one for one in recorded if not _is_sound(one)]
    return Exit.FAILED if unsound or len(recorded) < len(results) else Exit.SUCCESS


def _record(
    subjects: Iterable[Subject], interrupted: Callable[[], bool]
) -> Iterator[Recorded | None]:
    """Record each model; None for one that fails, which does not take the others with it."""
    for subject in subjects:
        try:
            yield recording.record(subject, interrupted, recording.PAIRS)
        except Problem as problem:
            if problem.code is not Exit.FAILED:
                raise
            warn(str(problem))
            yield None


def _is_sound(one: Recorded) -> bool:
    """Warn if two lanes ran at once where only one can."""
    overlaps = checks.find_overlaps(one.trace)
    for overlap in overlaps[:1]:
        who = " and ".join(overlap.lanes)
        warn(f"{one.model}: {who} ran at once on one {overlap.group}, {len(overlaps):,} times")
    return not overlaps


def _present(folder: Path, planned: TracePlan, recorded: list[Recorded]) -> None:
    """Print the table, and write the files."""
    # matplotlib and protobuf are slow to import, and were not to disturb what was recorded.
    from harness.presenting.figures.lanes import Drawn
    from harness.presenting.trace_files import Heading, write

    console = Console()
    console.print(trace_tables.table(recorded))
    for line in trace_tables.explain(recorded, planned.missing):
        print_line(console, line)
    heading = Heading(planned.title, planned.question)
    write(folder, heading, [Drawn(one.model, one.trace) for one in recorded])
    print_line(console, f"Written to {shorten(folder)}; open a .pftrace file at ui.perfetto.dev")


def record_run(current: Campaign, console: Console, *, wanted: bool | None) -> None:
    """Trace every scene on the models of a run, and store that with it.

    `wanted` is what the user said. None means: in a run whose behaviours are observed. Traces that
    a run already has are kept. A failure is only a warning, because everything else was measured.
    """
    folder = current.folder
    if wanted is None:
        wanted = is_long(current)
    if not wanted or (folder / store.FILE).exists():
        return
    scenes = scene.load_folder()
    models = tuple(dict.fromkeys(cell.model for cell in current.run.cells))
    print_line(console, f"Tracing {len(scenes)} scenes, for up to a minute")
    try:
        with interruptible() as interrupted:
            store.write(
                folder,
                recording.create_heading(scenes),
                (
                    one
                    for each in scenes.values()
                    for one in recording.record_scene(
                        each, trace_plan.plan_scene(current.inventory, each, models), interrupted
                    )
                ),
            )
    except Problem as problem:
        warn(f"traces: {problem}; the other results are complete")


COMMANDS = (trace,)
