"""Commands that run implementations: list, run, validate, doctor."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness import units
from harness.analysis.stored_run import complete
from harness.claims import judge, ledger
from harness.cli import options
from harness.cli.behaving import observe_run
from harness.cli.console import echo_json, print_line, warn
from harness.cli.fleet import diagnose_hosts, open_place
from harness.cli.inventory import open_inventory
from harness.cli.live import LiveResults, begin_analysis
from harness.cli.results import present, print_closing
from harness.cli.tracing import record_run
from harness.errors import Exit, Problem
from harness.interrupts import interruptible
from harness.measuring import campaign
from harness.measuring.blocks import Ended
from harness.measuring.doctor import diagnose
from harness.measuring.inventory import check_names
from harness.measuring.plan import PROFILES, RunSelection, assign_validation, describe_narrowing
from harness.measuring.processes.environment import parse_passed
from harness.measuring.progress import Display
from harness.measuring.validate import validate_cell
from harness.paths import shorten
from harness.presenting import tables
from harness.results import store
from harness.results.records import Absence, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.analyse import Analyst
    from harness.analysis.run_results import Analysis
    from harness.claims.ledger import Claim
    from harness.cli.fleet import Place
    from harness.measuring.inventory import Inventory
    from harness.results.records import Cell, Run, Trial

_PRECISION = 0.03


@click.command("list")
@options.workload
@options.model
@options.runner
@options.runtime
@options.env
@options.as_json
def list_(
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    runtimes: tuple[str, ...],
    envs: tuple[str, ...],
    *,
    as_json: bool,
) -> int:
    """List workloads, models and implementations. Gives reasons for unavailable ones."""
    inventory = open_inventory(runners, envs, runtimes, remembered=True)
    selection = RunSelection(options.split(workloads), options.split(models))
    cells, absent = inventory.plan_cells(selection, None)
    selected = [
        workload
        for id_, workload in inventory.workloads.items()
        if not selection.workloads or id_ in selection.workloads
    ]
    if as_json:
        document = inventory.to_document(selected, cells, absent)
        echo_json(document)
        return _exit_code(inventory)
    console = Console()
    for line in tables.listing(selected, cells, absent):
        console.print(line)
    return _exit_code(inventory)


@click.command()
@options.workload
@options.model
@options.runner
@options.runtime
@options.env
@options.case
@click.option("--budget", type=options.DURATION, help="Time to measure: 90s, 3m, 1h. [by profile]")
@click.option(
    "--profile", type=click.Choice(list(PROFILES)), help="How much to measure. [standard]"
)
@click.option(
    "--precision",
    type=options.PERCENT,
    help="Stop when every headline ratio is known to within this. [3%]",
)
@click.option(
    "--blocks",
    type=click.IntRange(1, 1_000),
    help="Measure so many blocks of each headline case, before others get more than they need.",
)
@options.max_memory
@options.out
@options.seed
@click.option(
    "--resume",
    is_flag=False,
    flag_value="latest",
    metavar="[RUN]",
    help="Continue a run instead of starting one. [latest]",
)
@click.option("--alone", is_flag=True, help="Measure trials one after the other, without turns.")
@options.beside
@click.option(
    "--behaviours/--no-behaviours",
    default=None,
    help="Observe behaviours too, at the end. [if all workloads are measured for 15 minutes]",
)
@click.option(
    "--traces/--no-traces",
    default=None,
    help="Record who ran when too, at the end. [as behaviours]",
)
@options.scheduler
@click.option("--figures/--no-figures", default=True, help="Draw figures.")
def run(
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    runtimes: tuple[str, ...],
    envs: tuple[str, ...],
    cases: tuple[str, ...],
    budget: float | None,
    profile: str | None,
    out: Path,
    precision: float | None,
    blocks: int | None,
    max_memory: int | None,
    seed: int | None,
    resume: str | None,
    scheduler: str | None,
    *,
    alone: bool,
    beside: bool,
    behaviours: bool | None,
    traces: bool | None,
    figures: bool,
) -> int:
    """Measure, and draw the results between blocks and at the end. Ctrl-C ends early."""
    console = Console()
    claims = ledger.load()
    urgent, passed = ledger.list_cells(claims), parse_passed(envs)
    selection = RunSelection(*map(options.split, (workloads, models, cases)))
    # What is wrong with the command is said at once, and not after waiting for a place to measure.
    _refuse_to_travel(scheduler, runners, runtimes)
    if resume is None:
        check_names(selection, runners)
    else:
        planned = (workloads, models, cases, profile, precision, blocks, alone)
        _refuse_a_new_plan(is_new=any(planned) or seed is not None)
    resumed = partial(_read_resumed, out, resume)
    with open_place(scheduler, passed, max_memory, resumed, beside=beside) as place:
        if resume is None:
            current = campaign.begin(
                out,
                selection,
                replace(PROFILES[profile or "standard"], blocks=blocks or 0),
                budget,
                seed,
                precision or _PRECISION,
                open_inventory(runners, envs, runtimes),
                alone=alone,
                urgent=urgent,
                hosts=place.hosts,
            )
        else:
            folder = store.find_run(out, resume)
            current = campaign.resume(
                folder, budget, warn, runners, urgent, passed, runtimes, place.hosts
            )
        ended, analyst = _measure(current, place, claims, console, max_memory, figures=figures)
    print_line(console, f"{ended.text}: {current.folder}")
    if ended is not Ended.INTERRUPTED:
        observe_run(current, console, wanted=behaviours)
        record_run(current, console, wanted=traces)
    analysis = analyst.conclude()
    _present(current.folder, analysis, claims, console, figures=figures)
    return _exit_code_of(ended, current, place, is_empty=not analysis.has_values)


def _refuse_to_travel(
    scheduler: str | None, runners: Sequence[Path], runtimes: Sequence[str]
) -> None:
    """Raise Problem for options that a fleet does not support."""
    if scheduler and (runners or runtimes):
        option = "--runner" if runners else "--runtime"
        raise Problem(
            f"found {option} and --scheduler: a fleet cannot measure external runners or runtimes"
        )


def _read_resumed(out: Path, name: str | None) -> Run | None:
    return None if name is None else store.read_run(store.find_run(out, name))


def _exit_code_of(
    ended: Ended, current: campaign.Campaign, place: Place, *, is_empty: bool
) -> Exit:
    if ended is Ended.INTERRUPTED:
        return Exit.INTERRUPTED
    is_incomplete = ended in (Ended.NO_HOST, Ended.BLOCKS_MISSING) or place.is_deserted
    is_in_vain = ended is Ended.NO_CONTESTANT and is_empty
    return Exit.NOT_POSSIBLE if is_incomplete or is_in_vain else _exit_code(current.inventory)


def _measure(
    current: campaign.Campaign,
    place: Place,
    claims: Sequence[Claim],
    console: Console,
    max_memory: int | None,
    *,
    figures: bool,
) -> tuple[Ended, Analyst]:
    """Measure a run. Returns why it ended, and the analyst of its trials."""
    analyst = begin_analysis(current)
    if remark := describe_narrowing(current.run.cells, tuple(current.run.runtimes)):
        print_line(console, remark)
    display = Display(console, current.budget, lambda: current.planned, current.allocator.trials)
    place.begin(current, display)
    # Drawing would keep hosts of a fleet waiting for blocks.
    drawn = claims if figures and place.fleet is None else None
    with interruptible() as interrupted, display:
        live = LiveResults(current, analyst, display, interrupted, drawn)
        ended = current.measure(
            live, interrupted, max_memory, is_alone=place.is_alone, executor=place.executor
        )
    if place.fleet is not None and current.run != analyst.run:  # hosts have come since it began
        analyst = begin_analysis(current)
    return ended, analyst


def _refuse_a_new_plan(*, is_new: bool) -> None:
    if is_new:
        raise Problem(
            "--resume continues a run as planned; found it together with --workload, --model,"
            " --case, --profile, --precision, --blocks, --alone or --seed, expected it without them"
        )


@click.command()
@click.argument("workloads", nargs=-1, metavar="[WORKLOAD]...")
@options.model
@options.runner
@options.runtime
@options.env
def validate(
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    runners: tuple[Path, ...],
    runtimes: tuple[str, ...],
    envs: tuple[str, ...],
) -> int:
    """Check every implementation against its workload's rules. Runs the check cases."""
    inventory = open_inventory(runners, envs, runtimes, remembered=True)
    selection = RunSelection(options.split(workloads), options.split(models))
    cells, absent = inventory.plan_cells(selection, None)
    trials = _validate(inventory, cells)
    if trials is None:
        return Exit.INTERRUPTED
    unsupported = [trial for trial in trials if trial.status is Status.UNSUPPORTED]
    wrong = [one for one in trials if not tables.conforms(one) and one not in unsupported]
    missing = [cell for cell in absent if cell.absence is Absence.MISSING]
    console = Console()
    console.print(tables.conformance(trials, absent))
    not_here = f", {len(unsupported)} cannot run here" if unsupported else ""
    console.print(
        f"{len(trials) - len(wrong) - len(unsupported)} conform, {len(wrong)} do not,"
        f" {len(missing)} are not written{not_here}",
        highlight=False,
    )
    for trial in wrong:
        _show_errors(trial, console)
    if wrong or (missing and not trials):
        return Exit.FAILED
    return Exit.NOT_POSSIBLE if unsupported or not trials else _exit_code(inventory)


def _validate(inventory: Inventory, cells: Sequence[Cell]) -> list[Trial] | None:
    """Run the check case of every cell; None if the user interrupts."""
    trials: list[Trial] = []
    with interruptible() as interrupted, Console(stderr=True).status("") as status:
        runner = inventory.trial_runner(0, interrupted)
        runner.tell = warn
        for index, cell in enumerate(cells):
            status.update(f"{index + 1:,} of {len(cells):,}: {cell.workload} {cell.name}")
            trial = validate_cell(runner, assign_validation(cell, inventory.workloads), index)
            if trial is None:
                return None
            trials.append(trial)
    return trials


def _show_errors(trial: Trial, console: Console) -> None:
    """Print what a trial wrote to standard error, so that it does not look like our own lines."""
    if trial.stderr_end:
        print_line(console, f"\n{trial.cell.workload} {trial.cell.name} printed to standard error:")
    for line in trial.stderr_end.splitlines():
        print_line(console, f"  | {units.one_line(line)}")


@click.command()
@options.scheduler
@options.as_json
def doctor(scheduler: str | None, *, as_json: bool) -> None:
    """Report what on this machine disturbs measuring. Gives advice and changes nothing.

    With --scheduler, report it of every host of a fleet.
    """
    if scheduler is not None:
        hosts = diagnose_hosts(scheduler)
        if as_json:
            echo_json(hosts)
            return
        for name, found in hosts.items():
            print_line(Console(), f"\n{name}")
            Console().print(tables.machine(found))
        return
    findings = diagnose()
    if as_json:
        echo_json(findings)
        return
    Console().print(tables.machine(findings))


def _present(
    folder: Path, analysis: Analysis, claims: Sequence[Claim], console: Console, *, figures: bool
) -> None:
    """Print the answer of a run, draw its figures and write its report."""
    is_default = folder.parent.resolve() == options.RESULTS.resolve()  # whose latest run it is
    run = "" if is_default else shorten(folder)
    print_closing(analysis, console, run)
    stored = complete(folder, analysis)
    checked = judge.judge_claims(claims, analysis, stored.behaviours, stored.traced)
    present(stored, checked, console, figures=figures)
    print_line(console, f"All numbers: loombench show {run}".rstrip())


def _exit_code(inventory: Inventory) -> Exit:
    """Return the exit code of a successful command: 3 if part of a runner cannot be used."""
    return Exit.NOT_POSSIBLE if inventory.runners.is_incomplete else Exit.SUCCESS


COMMANDS = (list_, run, validate, doctor)
