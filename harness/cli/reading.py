"""The commands that read what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness import units
from harness.analysis import run_comparison
from harness.analysis.analyse import analyse
from harness.claims import judge, ledger
from harness.cli import options
from harness.cli.console import Console, echo_json, say, warn
from harness.cli.results import analysed, draw, show_results, summarise
from harness.errors import Exit, Problem
from harness.files import write_file
from harness.presenting import export, tables
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.claims.ledger import Claim


@click.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.out
def show(run_: str | None, out: Path) -> None:
    """Print the results of a run as tables; the latest if none is named."""
    show_results(store.find_run(out, run_), Console())


@click.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.ledger
@options.out
def plot(run_: str | None, ledgers: tuple[Path, ...], out: Path) -> None:
    """Draw the figures of a run, and sum it up; the latest if none is named."""
    known = ledger.load(ledgers)
    _present(store.find_run(out, run_), known, redraw=True)


@click.command("report")
@click.argument("run_", metavar="[RUN]", required=False)
@options.ledger
@options.out
def report_(run_: str | None, ledgers: tuple[Path, ...], out: Path) -> None:
    """Write the report of a run, drawing figures that are out of date; the latest if none named."""
    known = ledger.load(ledgers)
    _present(store.find_run(out, run_), known, redraw=False)


def _present(folder: Path, known: Sequence[Claim], *, redraw: bool) -> None:
    """Sum up a run that was measured, with its figures."""
    from harness.presenting import figures, report  # they are slow to import

    analysis = analyse(store.read_run(folder), store.read_trials(folder, []))
    checked = judge.judge_claims(known, analysis)
    if redraw or not report.has_figures(folder):
        draw(folder, analysis, checked, Console())
    else:  # but for the claims, which may have been drawn of other ledgers
        figures.draw(analysis, folder / "figures", checked, only=("claims",))
    summarise(folder, analysis, checked)


@click.command("export")
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
    folder = store.find_run(out, run_)
    warnings: list[str] = []
    analysis = analyse(store.read_run(folder), store.read_trials(folder, warnings))
    selection = export.ExportSelection(options.split(workloads), options.split(models))
    text = export.render(format_, analysis, store.read_trials(folder, []), selection, warnings)
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        write_file(output, text)
    for warning in warnings:
        warn(warning)


@click.command()
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
        folder = store.find_run(out, name)
        warnings: list[str] = []
        analyses.append(analyse(store.read_run(folder), store.read_trials(folder, warnings)))
        for warning in warnings:
            warn(f"{name}: {warning}")
    rows = run_comparison.compare_runs(*analyses, across_machines=across_machines)
    console = Console()
    console.print(tables.comparison(rows))
    if all(row.change is run_comparison.Change.NOT_COMPARABLE for row in rows):
        raise Problem("no cell of the two runs can be compared", Exit.NOT_POSSIBLE)
    slower = [] if fail_on is None else run_comparison.regressions(rows, fail_on)
    if slower:
        names = ", ".join(f"{row.cell.workload} {row.cell.name}" for row in slower)
        say(console, f"slower by more than {100 * (fail_on or 0):g}%: {names}")
    return Exit.FAILED if slower else Exit.SUCCESS


@click.command("claims")
@click.argument("run_", metavar="[RUN]", required=False)
@options.ledger
@options.only
@options.must_hold
@options.as_json
@options.out
def claims_(
    run_: str | None,
    ledgers: tuple[Path, ...],
    out: Path,
    *,
    only: bool,
    must_hold: bool,
    as_json: bool,
) -> int:
    """Hold what documents claim against a run; the latest if none is named."""
    if only and not ledgers:
        raise Problem("--only: found no --ledger, expected one at least to take claims from")
    known = ledger.load(ledgers, only=only)
    analysis = analysed(store.find_run(out, run_))
    results = judge.judge_claims(known, analysis)
    if as_json:
        echo_json(judge.json_document(analysis, results))
    else:
        console = Console()
        for line in tables.claims(results):
            console.print(line)
    if not must_hold:
        return Exit.SUCCESS
    complaints = judge.complaints(results)
    for complaint in complaints:
        click.echo(f"loombench: {units.printable(complaint)}", err=True)
    return Exit.FAILED if complaints else Exit.SUCCESS


COMMANDS = (show, plot, report_, export_, compare, claims_)
