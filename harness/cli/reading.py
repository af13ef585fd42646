"""Commands that read a run: show, plot, report, export, claims."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness import units
from harness.analysis.stored_run import analyse_run, load_run
from harness.claims import judge, judgement, ledger
from harness.cli import options
from harness.cli.console import echo_json, warn
from harness.cli.results import import_figures, present, show_results, summarise
from harness.errors import Exit, Problem, unknown_name
from harness.files import write_file
from harness.presenting import export, tables
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.claims.ledger import Claim


@click.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.workload
@options.out
def show(run_: str | None, workloads: tuple[str, ...], out: Path) -> None:
    """Print the results of a run as tables. Default: the latest run."""
    analysis = analyse_run(store.find_run(out, run_), warn)
    chosen = options.split(workloads) or tuple(analysis.workloads)
    for name in chosen:
        if name not in analysis.workloads:
            raise unknown_name("workload in this run:", name, analysis.workloads)
    kept = {id_: one for id_, one in analysis.workloads.items() if id_ in chosen}
    show_results(replace(analysis, workloads=kept), Console())


@click.command()
@click.argument("run_", metavar="[RUN]", required=False)
@options.ledger
@options.out
def plot(run_: str | None, ledgers: tuple[Path, ...], out: Path) -> None:
    """Draw the figures of a run and write its report. Default: the latest run."""
    known = ledger.load(ledgers)
    _present(store.find_run(out, run_), known, redraw=True)


@click.command("report")
@click.argument("run_", metavar="[RUN]", required=False)
@options.ledger
@options.out
def report_(run_: str | None, ledgers: tuple[Path, ...], out: Path) -> None:
    """Write the report of a run. Default: the latest run. Draws figures only if out of date."""
    known = ledger.load(ledgers)
    _present(store.find_run(out, run_), known, redraw=False)


def _present(folder: Path, known: Sequence[Claim], *, redraw: bool) -> None:
    """Write the figures, the summaries and the report of a run."""
    from harness.presenting import report  # slow to import

    run = load_run(folder, warn)
    checked = judge.judge_claims(known, run.analysis, run.behaviours, run.traced)
    if redraw or not report.has_figures(folder):
        present(run, checked, Console())
        return
    # Other ledgers may have been used for the claims, and behaviours may be observed later.
    only = ("claims", "behaviours")
    import_figures().draw(
        run.analysis, folder / "figures", checked, only=only, observed=run.behaviours
    )
    summarise(run, checked)


@click.command("export")
@click.argument("run_", metavar="[RUN]", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(export.FORMATS)),
    required=True,
    help="Output format (docs/exports.md).",
)
@options.workload
@options.model
@click.option("--output", type=click.Path(path_type=Path), help="Output file. [standard output]")
@options.out
def export_(
    run_: str | None,
    format_: str,
    workloads: tuple[str, ...],
    models: tuple[str, ...],
    output: Path | None,
    out: Path,
) -> None:
    """Convert a run to the format of another tool. Default: the latest run."""
    folder = store.find_run(out, run_)
    if output is not None and store.is_part_of_run(output):
        raise Problem(f"{output}: found what a run has stored, expected another file")
    warnings: list[str] = []
    analysis = analyse_run(folder, warnings.append)
    selection = export.ExportSelection(options.split(workloads), options.split(models))
    text = export.render(format_, analysis, store.read_trials(folder, []), selection, warnings)
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        write_file(output, text)
    for warning in warnings:
        warn(warning)


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
    """Check claims from documents against a run. Default: the latest run."""
    if only and not ledgers:
        raise Problem("--only: found no --ledger, expected at least one")
    known = ledger.load(ledgers, only=only)
    run = load_run(store.find_run(out, run_), warn)
    results = judge.judge_claims(known, run.analysis, run.behaviours, run.traced)
    if as_json:
        echo_json(judgement.json_document(run.analysis, results))
    else:
        console = Console()
        for line in tables.claims(results):
            console.print(line)
    if not must_hold:
        return Exit.SUCCESS
    complaints = judgement.complaints(results)
    for complaint in complaints:
        click.echo(f"loombench: {units.one_line(complaint)}", err=True)
    return Exit.FAILED if complaints else Exit.SUCCESS


COMMANDS = (show, plot, report_, export_, claims_)
