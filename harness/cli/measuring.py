"""The commands that run implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from harness.claims import judge, ledger
from harness.cli import options
from harness.cli.console import Console, echo_json, say, warn
from harness.cli.results import draw, show_results, summarise
from harness.errors import Exit, Problem
from harness.interrupts import interruptible
from harness.measuring import campaign
from harness.measuring import doctor as doctor_
from harness.measuring.inventory import Inventory
from harness.measuring.plan import PROFILES, RunSelection, assign
from harness.measuring.progress import Display
from harness.presenting import tables
from harness.results import store
from harness.results.records import Absence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.results.records import Trial

_PRECISION = 0.03
_SEED_MOST = 2**31 - 1


@click.command("list")
@options.workload
@options.model
@options.runner
@options.as_json
def list_(
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    *,
    as_json: bool,
) -> int:
    """Workloads, models, implementations; what is unavailable, and why."""
    inventory = _inventory(runners)
    selection = RunSelection(options.split(workloads), options.split(models))
    cells, absent = inventory.cells(selection, None)
    shown = [
        inventory.workloads[id_]
        for id_ in inventory.workloads
        if not selection.workloads or id_ in selection.workloads
    ]
    if as_json:
        document = inventory.document(shown, cells, absent)
        echo_json(document)
        return _code(inventory)
    console = Console()
    for line in tables.listing(shown, cells, absent):
        console.print(line)
    return _code(inventory)


@click.command()
@options.workload
@options.model
@options.runner
@options.case
@click.option("--budget", type=options.DURATION, help="Time to measure: 90s, 3m, 1h. [by profile]")
@click.option("--profile", type=click.Choice(list(PROFILES)), help="[standard]")
@click.option(
    "--precision",
    type=options.PERCENT,
    help="Stop when all headline ratios are known to within this. [3%]",
)
@click.option(
    "--max-memory", type=options.SIZE, help="Of one trial: 512MiB, 2GiB. [half of what is free]"
)
@options.out
@click.option("--seed", type=click.IntRange(0, _SEED_MOST), help="Of every shuffle. [drawn]")
@click.option(
    "--resume",
    is_flag=False,
    flag_value="latest",
    metavar="[RUN]",
    help="Go on with a run instead of beginning one; the latest if none is named.",
)
@click.option("--figures/--no-figures", default=True, help="Draw the figures at the end.")
def run(
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    cases: tuple[str, ...],
    budget: float | None,
    profile: str | None,
    out: Path,
    precision: float | None,
    max_memory: int | None,
    seed: int | None,
    resume: str | None,
    *,
    figures: bool,
) -> int:
    """Measure, then show and draw what was found. Ctrl-C ends measuring and still draws."""
    console = Console()
    if resume is None:
        selection = RunSelection(
            options.split(workloads), options.split(models), options.split(cases)
        )
        going = campaign.begin(
            out,
            selection,
            PROFILES[profile or "standard"],
            budget,
            seed,
            precision or _PRECISION,
            _inventory(runners),
        )
    else:
        if workloads or models or cases or profile or precision or seed is not None:
            raise Problem(
                "--resume goes on with a run as it was planned; found it beside --workload,"
                " --model, --case, --profile, --precision or --seed, expected it without them"
            )
        going = campaign.resume(store.find_run(out, resume), budget, warn, runners)
    display = Display(console, going.budget_s, going.planned, going.allocator.trials)
    with interruptible() as interrupted, display:
        ended = going.measure(display, interrupted, max_memory)
    say(console, f"{ended}: {going.folder}")
    analysis = show_results(going.folder, console)
    checked = judge.judge_claims(ledger.load(), analysis)
    if figures:
        draw(going.folder, analysis, checked, console)
    summarise(going.folder, analysis, checked)
    return Exit.INTERRUPTED if ended == "interrupted" else _code(going.inventory)


@click.command()
@click.argument("workloads", nargs=-1, metavar="[WORKLOAD]...")
@options.model
@options.runner
def validate(workloads: tuple[str, ...], models: tuple[str, ...], runners: tuple[Path, ...]) -> int:
    """Run every implementation at its check size, and say which conform to the workload's rules."""
    inventory = _inventory(runners)
    selection = RunSelection(options.split(workloads), options.split(models))
    cells, absent = inventory.cells(selection, None)
    trials: list[Trial] = []
    console = Console()
    with interruptible() as interrupted:
        runner = inventory.trial_runner(0, interrupted)
        for index, cell in enumerate(cells):
            trial = runner.run(assign(cell, inventory.workloads), 0, index)
            if trial is None:
                return Exit.INTERRUPTED
            trials.append(trial)
    console.print(tables.conformance(trials, absent))
    wrong = [trial for trial in trials if not tables.conforms(trial)]
    missing = [one for one in absent if one.absence is Absence.MISSING]
    console.print(
        f"{len(trials) - len(wrong)} conform, {len(wrong)} do not, {len(missing)} are not written",
        highlight=False,
    )
    for trial in wrong:
        if trial.stderr_end:
            say(console, f"\n{trial.cell.workload} {trial.cell.name} said:")
            say(console, trial.stderr_end)
    return Exit.FAILED if wrong or not trials else _code(inventory)


@click.command()
@options.as_json
def doctor(*, as_json: bool) -> None:
    """Say what this machine is, and what on it disturbs measuring. Changes nothing."""
    findings = doctor_.diagnose()
    if as_json:
        echo_json(findings)
        return
    Console().print(tables.machine(findings))


def _inventory(runners: Sequence[Path]) -> Inventory:
    """Open the inventory, and say what of the runners cannot be used."""
    inventory = Inventory.open(runners)
    for problem in inventory.runners.problems:
        warn(problem)
    return inventory


def _code(inventory: Inventory) -> Exit:
    """Return how a command ends that did its work with all that could be used."""
    return Exit.NOT_POSSIBLE if inventory.runners.is_incomplete else Exit.SUCCESS


COMMANDS = (list_, run, validate, doctor)
