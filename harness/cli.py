"""The command line: commands and options only. `main(argv)` returns the exit code."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from rich.console import Console

from harness import campaign, export, options, store, tables, units, versus
from harness import doctor as doctor_
from harness.analyse import Analysis, analyse
from harness.errors import Exit, Problem
from harness.live import Display
from harness.plan import PROFILES, Selection
from harness.records import Absence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.records import Trial

_PRECISION = 0.03
_SEED_MOST = 2**31 - 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="loombench")
def cli() -> None:
    """Measure the same work in every concurrency model, on this machine."""


@cli.command("list")
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
    workshop = _workshop(runners)
    selection = Selection(options.split(workloads), options.split(models))
    cells, absent = workshop.cells(selection, None)
    shown = [
        workshop.workloads[id_]
        for id_ in workshop.workloads
        if not selection.workloads or id_ in selection.workloads
    ]
    if as_json:
        document = workshop.document(shown, cells, absent)
        _echo_json(document)
        return _code(workshop)
    console = _Console()
    for line in tables.listing(shown, cells, absent):
        console.print(line)
    return _code(workshop)


@cli.command()
@options.workload
@options.model
@options.runner
@click.option(
    "--case", "cases", multiple=True, metavar="NAME", help="Only this one; may be repeated."
)
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
    console = _Console()
    if resume is None:
        selection = Selection(options.split(workloads), options.split(models), options.split(cases))
        going = campaign.begin(
            out,
            selection,
            PROFILES[profile or "standard"],
            budget,
            seed,
            precision or _PRECISION,
            _workshop(runners),
        )
    else:
        if workloads or models or cases or profile or precision or seed is not None:
            raise Problem(
                "--resume goes on with a run as it was planned; found it beside --workload,"
                " --model, --case, --profile, --precision or --seed, expected it without them"
            )
        going = campaign.resume(store.find(out, resume), budget, _warn, runners)
    display = Display(console, going.budget_s, going.planned, going.allocator.trials)
    with _interruptible() as interrupted, display:
        ended = going.measure(display, interrupted, max_memory)
    _say(console, f"{ended}: {going.folder}")
    analysis = _report(going.folder, console)
    if figures:
        _draw(going.folder, analysis, console)
    _summarise(going.folder, analysis)
    return Exit.INTERRUPTED if ended == "interrupted" else _code(going.workshop)


@cli.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.out
def show(run_: str | None, out: Path) -> None:
    """Print the results of a run as tables; the latest if none is named."""
    _report(store.find(out, run_), _Console())


@cli.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.out
def plot(run_: str | None, out: Path) -> None:
    """Draw the figures of a run, and write its summaries; the latest if none is named."""
    folder = store.find(out, run_)
    analysis = analyse(store.read_run(folder), store.read_trials(folder, []))
    _draw(folder, analysis, _Console())
    _summarise(folder, analysis)


@cli.command("report")
@click.argument("run_", metavar="[RUN]", required=False)
@options.out
def report_(run_: str | None, out: Path) -> None:
    """Write the report of a run, drawing figures that are out of date; the latest if none named."""
    from harness import report

    folder, console = store.find(out, run_), _Console()
    analysis = analyse(store.read_run(folder), store.read_trials(folder, []))
    if not report.has_figures(folder):
        _draw(folder, analysis, console)
    _summarise(folder, analysis)


@cli.command("export")
@click.argument("run_", metavar="[RUN]", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(export.FORMATS)),
    required=True,
    help="What for: docs/exports.md.",
)
@options.workload
@options.model
@click.option("--output", type=click.Path(path_type=Path), help="A file.  [standard output]")
@options.out
def export_(
    run_: str | None,
    format_: str,
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    output: Path | None,
    out: Path,
) -> None:
    """Print the results of a run in the format of another tool; the latest if none is named."""
    folder = store.find(out, run_)
    warnings: list[str] = []
    analysis = analyse(store.read_run(folder), store.read_trials(folder, warnings))
    selection = export.Selection(options.split(workloads), options.split(models))
    text = export.text(format_, analysis, store.read_trials(folder, []), selection, warnings)
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        export.write(output, text)
    for warning in warnings:
        _warn(warning)


@cli.command()
@click.argument("first")
@click.argument("second")
@click.option("--fail-on", type=options.PERCENT, help="Exit with 1 where a cell is slower by more.")
@click.option("--across-machines", is_flag=True, help="Compare ratios to the baseline of each run.")
@options.out
def compare(
    first: str, second: str, fail_on: float | None, out: Path, *, across_machines: bool
) -> int:
    """Say cell by cell what the SECOND run is against the FIRST: faster, slower, same."""
    analyses = []
    for name in (first, second):
        folder = store.find(out, name)
        warnings: list[str] = []
        analyses.append(analyse(store.read_run(folder), store.read_trials(folder, warnings)))
        for warning in warnings:
            _warn(f"{name}: {warning}")
    rows = versus.versus(*analyses, across_machines=across_machines)
    console = _Console()
    console.print(tables.versus(rows))
    if all(row.verdict is versus.Verdict.NOT_COMPARABLE for row in rows):
        raise Problem("no cell of the two runs can be compared", Exit.NOT_POSSIBLE)
    slower = [] if fail_on is None else versus.regressions(rows, fail_on)
    if slower:
        names = ", ".join(f"{row.cell.workload} {row.cell.contestant}" for row in slower)
        _say(console, f"slower by more than {100 * (fail_on or 0):g}%: {names}")
    return Exit.DOES_NOT_HOLD if slower else Exit.FINE


@cli.command()
@click.argument("workloads", nargs=-1, metavar="[WORKLOAD]...")
@options.model
@options.runner
def validate(workloads: tuple[str, ...], models: tuple[str, ...], runners: tuple[Path, ...]) -> int:
    """Run every implementation at its check size, and say which conform to the workload's rules."""
    workshop = _workshop(runners)
    selection = Selection(options.split(workloads), options.split(models))
    cells, absent = workshop.cells(selection, None)
    trials: list[Trial] = []
    console = _Console()
    with _interruptible() as interrupted:
        bench = workshop.bench(0, interrupted)
        for index, cell in enumerate(cells):
            trial = bench.trial(cell, 0, index)
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
            _say(console, f"\n{trial.cell.workload} {trial.cell.contestant} said:")
            _say(console, trial.stderr_end)
    return Exit.DOES_NOT_HOLD if wrong or not trials else _code(workshop)


@cli.command()
@options.as_json
def doctor(*, as_json: bool) -> None:
    """Say what this machine is, and what on it disturbs measuring. Changes nothing."""
    findings = doctor_.findings()
    if as_json:
        _echo_json(findings)
        return
    _Console().print(tables.machine(findings))


def _echo_json(document: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(document)).decode())


def _workshop(runners: Sequence[Path]) -> campaign.Workshop:
    """Open the workshop, and say what of the runners cannot be used."""
    workshop = campaign.Workshop.open(runners)
    for problem in workshop.runners.problems:
        _warn(problem)
    return workshop


def _code(workshop: campaign.Workshop) -> Exit:
    """Return how a command ends that did its work with all that could be used."""
    return Exit.NOT_POSSIBLE if workshop.runners.is_incomplete else Exit.FINE


class _Console(Console):
    """A console that does not end the program when nobody reads it any more; `main` does."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _say(console: Console, text: str) -> None:
    """Print a line as it is: brackets are no markup, and paths are not broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _warn(text: str) -> None:
    click.echo(f"warning: {units.printable(text)}", err=True)


def _report(folder: Path, console: Console) -> Analysis:
    warnings: list[str] = []
    analysis = analyse(store.read_run(folder), store.read_trials(folder, warnings))
    for renderable in tables.results(analysis):
        console.print(renderable)
    for warning in warnings:
        _warn(warning)
    return analysis


def _summarise(folder: Path, analysis: Analysis) -> None:
    """Write what was found beside what was measured: for programs, and as a page."""
    for format_ in ("json", "csv"):
        text = export.text(format_, analysis, (), export.Selection(), [])
        advice = "the measurements are safe: free some space, then `loombench plot`"
        export.write(folder / f"summary.{format_}", text, advice)
    from harness import report  # it is slow to import, as figures are

    _say(_Console(), f"The report: {os.path.relpath(report.write(analysis, folder))}")


def _draw(folder: Path, analysis: Analysis, console: Console) -> None:
    from harness import figures  # matplotlib is slow to import, and only drawing needs it

    written = figures.draw(analysis, folder / "figures")
    latest = folder.parent / "latest"
    shown = latest if latest.exists() and latest.resolve() == folder.resolve() else folder
    shown = Path(os.path.relpath(shown))
    _say(console, f"\n{len(written)} figures. Open first:")
    _say(console, f"  {shown / 'figures' / written[0].name}")
    _say(console, "and beside it (SVG too):")
    for path in written[1:]:
        _say(console, f"  {shown / 'figures' / path.name}")


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C (and SIGTERM) into a flag, so that nothing is cut in the middle.

    The second Ctrl-C interrupts as usual.
    """
    asked = False

    def ask(number: int, _: object) -> None:
        nonlocal asked
        if asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def main(argv: Sequence[str]) -> int:
    """Run one command. Every message for the user is one line on standard error."""
    try:
        result = cli.main(list(argv), prog_name="loombench", standalone_mode=False)
    except Problem as problem:
        click.echo(f"loombench: {units.printable(str(problem))}", err=True)
        return problem.code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("loombench: interrupted", err=True)
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Somebody closed our output (`| head`), which click turns into SystemExit: no message, and
        # none from the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FINE
    return int(result or Exit.FINE)


def entry() -> None:
    """Be the console script."""
    sys.exit(main(sys.argv[1:]))
