"""The command that observes behaviours, or shows those of a run."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from msgspec import structs
from rich.console import Console

from harness.behaviours import judge, question, store
from harness.cli import options
from harness.cli.console import Printable, echo_json, print_line, warn
from harness.cli.inventory import open_inventory
from harness.errors import Exit, Problem, unknown_name
from harness.interrupts import interruptible
from harness.measuring import observing
from harness.paths import shorten
from harness.presenting.behaviour_tables import behaviours as behaviour_table
from harness.results.store import find_run, lock_run, new_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.behaviours.question import Question
    from harness.behaviours.store import Observed
    from harness.measuring.campaign import Campaign

T = TypeVar("T")

_REPETITIONS = 5
_MOST_REPETITIONS = 1_000
_LEAST_BUDGET_S = 900  # observing takes minutes: too long beside a shorter run


@click.command("behaviours")
@click.argument("run_", metavar="[RUN]", required=False)
@options.question
@options.model
@options.runner
@click.option(
    "--repeat",
    type=click.IntRange(1, _MOST_REPETITIONS),
    help=f"How often each probe runs, each time in a fresh process. [{_REPETITIONS}]",
)
@options.runtime
@click.option("--into", metavar="RUN", help="Store them with this run, whose report shows them.")
@options.as_json
@options.out
def behaviours_(
    run_: str | None,
    questions: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    repeat: int | None,
    runtimes: tuple[str, ...],
    into: str | None,
    out: Path,
    *,
    as_json: bool,
) -> int:
    """Observe what the models do. With RUN, show what was observed before."""
    is_incomplete = False
    if run_ is not None:
        _refuse_to_observe(
            {"--repeat": repeat, "--runner": runners, "--runtime": runtimes, "--into": into}
        )
        observed = _narrow(_read(out, run_), options.split(questions), options.split(models))
    else:
        stored = find_run(out, into) if into else None
        chosen = _select(question.load_folder(), options.split(questions))
        inventory = open_inventory(runners, runtimes=runtimes, remembered=True)
        is_incomplete = inventory.runners.is_incomplete
        planned = observing.plan(chosen, inventory.runners, options.split(models))
        with _reserved(out, stored) as folder:
            observed = _observe(chosen, planned, repeat or _REPETITIONS, folder)
    rows = judge.table(observed)
    if as_json:
        echo_json(judge.json_document(observed, rows))
    else:
        console = Console()
        for part in behaviour_table(rows):
            console.print(Printable(part))
        if run_ is None:
            print_line(console, f"Stored in {shorten(folder / store.FILE)}")
    failed = any(cell.state is judge.State.FAILED for cell in judge.list_cells(rows))
    if failed:
        return Exit.FAILED
    return Exit.NOT_POSSIBLE if is_incomplete else Exit.SUCCESS


@contextmanager
def _reserved(out: Path, stored: Path | None) -> Iterator[Path]:
    """Yield the folder of a stored run or a new one, for this process alone. Raises Problem."""
    if stored is None:
        folder = out / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-behaviours"
        with new_folder(folder):
            yield folder
        return
    lock = lock_run(stored)
    try:
        yield stored
    finally:
        lock.release()


def observe_run(current: Campaign, console: Console, *, wanted: bool | None) -> None:
    """Observe the behaviours of the models of a run, and store them with it.

    `wanted` is what the user said. None means: in a long run of all workloads. Observations that a
    run already has are kept. A failure is only a warning, because everything else was measured.
    """
    run, folder = current.run, current.folder
    if wanted is None:
        wanted = is_long(current)
    if not wanted or (folder / store.FILE).exists():
        return
    questions = question.load_folder()
    models = tuple(dict.fromkeys(cell.model for cell in run.cells))
    planned = observing.plan(questions, current.inventory.runners, models)
    print_line(console, f"Observing {len(questions)} behaviours, for a few minutes")
    try:
        _observe(questions, planned, _REPETITIONS, folder)
    except Problem as problem:
        warn(f"behaviours: {problem}; to try again: loombench behaviours --into {folder.name}")


def is_long(current: Campaign) -> bool:
    """Return whether a run measures everything for so long that a few more minutes are welcome."""
    is_of_all = current.run.workloads.keys() >= current.inventory.workloads.keys()
    return is_of_all and current.run.budget_s >= _LEAST_BUDGET_S


def _read(out: Path, name: str) -> Observed:
    """Read the observations of a run, or of a folder that has nothing else."""
    for folder in (out / name, Path(name)):
        if (observed := store.read(folder)) is not None:
            return observed
    find_run(out, name)  # else the remedy would not know it either
    raise Problem(
        f"{name}: found no {store.FILE}, expected one;"
        f" make it with: loombench behaviours --into {name}"
    )


def _refuse_to_observe(values: dict[str, object]) -> None:
    """Raise Problem if an option has a value that says how to observe."""
    found = [name for name, value in values.items() if value]
    if found:
        raise Problem(
            "behaviours RUN shows what was observed; found it together with"
            f" {', '.join(found)}, expected it without"
        )


def _narrow(observed: Observed, questions: tuple[str, ...], models: tuple[str, ...]) -> Observed:
    """Return what was observed of these questions and models; none: of all. Raises Problem."""
    heading = observed.heading
    asked = _select(heading.questions, questions, "question in this run:")
    known = _select({model: model for model in heading.models}, models, "model in this run:")
    return replace(observed, heading=structs.replace(heading, questions=asked, models=tuple(known)))


def _select(known: dict[str, T], names: tuple[str, ...], kind: str = "question") -> dict[str, T]:
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)
    return {id_: one for id_, one in known.items() if not names or id_ in names}


def _observe(
    chosen: dict[str, Question], planned: observing.Plan, repeat: int, folder: Path
) -> Observed:
    """Run the probes and store what they observe. Raises Problem if it is interrupted."""
    if not planned.assignments:
        raise Problem("found no probe for these questions and models, expected at least one")
    with interruptible() as interrupted:
        return store.write(
            folder,
            observing.create_heading(planned, chosen, repeat),
            observing.observe_all(planned.assignments, repeat, interrupted),
        )


COMMANDS = (behaviours_,)
