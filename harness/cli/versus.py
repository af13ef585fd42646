"""The command that compares two contestants of a run in all its workloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness.analysis.stored_run import analyse_run
from harness.analysis.versus import contestants, head_to_head
from harness.catalog.contestant import spell_name
from harness.cli import options
from harness.cli.console import Printable, echo_json, print_line, warn
from harness.cli.results import import_figures
from harness.errors import Exit, Problem, unknown_name
from harness.paths import shorten
from harness.presenting import versus_table
from harness.results.store import find_run

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.run_results import Analysis
    from harness.analysis.versus import HeadToHead


@click.command()
@click.argument("first")
@click.argument("second")
@click.argument("run_", metavar="[RUN]", required=False)
@options.as_json
@click.option("--figure/--no-figure", default=True, help="Draw the figure.")
@options.out
def versus(
    first: str, second: str, run_: str | None, out: Path, *, as_json: bool, figure: bool
) -> None:
    """Compare two contestants in every workload: `versus asyncio go`. Default: the latest run.

    A contestant is a model, or a variant or runtime of one: asyncio/streams, asyncio@3.14t.
    """
    folder = find_run(out, run_)
    analysis = analyse_run(folder, warn)
    pair = _find_pair(analysis, first, second)
    if as_json:
        echo_json(versus_table.json_document(analysis.run.id, pair))
        return
    console = Console()
    for part in versus_table.versus(pair, console.width):
        console.print(Printable(part))
    if figure:
        (path,) = import_figures().draw_pair(analysis, folder / "figures", pair)
        print_line(console, f"\nFigure: {shorten(path)} (also as SVG)")


def _find_pair(analysis: Analysis, first: str, second: str) -> HeadToHead:
    """Return the pair. Raises Problem if a name is unknown, or no workload compares the two."""
    _refuse_overhead_alone(analysis)
    names = [spell_name(first), spell_name(second)]
    known = contestants(analysis)
    for name in names:
        if name not in known:
            raise unknown_name("contestant", name, known)
    if names[0] == names[1]:
        raise Problem(f"found {names[0]} twice, expected two contestants")
    pair = head_to_head(analysis, *names)
    if not pair.bouts:
        why = "; ".join(f"{title}: {reason}" for title, reason in pair.missing)
        raise Problem(
            f"found no workload that compares {names[0]} and {names[1]}, expected one in"
            f" {analysis.run.id} ({why or 'no workload has both'}); choose other contestants or"
            " another run",
            Exit.NOT_POSSIBLE,
        )
    return pair


def _refuse_overhead_alone(analysis: Analysis) -> None:
    """Raise Problem if a run has measured nothing but the overhead of Loombench."""
    results = analysis.workloads.values()
    if results and all(one.workload.is_floor for one in results):
        raise Problem(
            f"this run measured only {', '.join(analysis.workloads)}, which shows Loombench's"
            " overhead and is not compared; measure another workload",
            Exit.NOT_POSSIBLE,
        )


COMMANDS = (versus,)
