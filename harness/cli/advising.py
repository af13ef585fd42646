"""The command that says which model suits one's own work: advise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
from rich.console import Console

from harness import units
from harness.analysis import map_advice
from harness.analysis.stored_run import analyse_run
from harness.catalog.workload_file import load_folder
from harness.cli import options
from harness.cli.console import print_line, warn
from harness.errors import Exit, Problem
from harness.paths import WORKLOADS
from harness.presenting import map_texts
from harness.results import store

if TYPE_CHECKING:
    from pathlib import Path

_NOTHING = re.compile(r"0+(\.0+)?\s*(ns|us|µs|ms|s|m|h)?", re.IGNORECASE)


def _parse_span(text: str) -> float:
    """Parse a duration that may be zero, into seconds. Raises Problem."""
    return 0.0 if _NOTHING.fullmatch(text.strip()) else units.parse_duration(text)


_SPAN = options.ParsedType("duration", _parse_span)


@click.command()
@click.argument("run_", metavar="[RUN]", required=False)
@click.option("--cpu", type=_SPAN, required=True, help="CPU time of a request: 5ms, 0.")
@click.option("--wait", type=_SPAN, required=True, help="How long a request waits: 50ms, 0.")
@click.option(
    "--concurrency",
    type=click.IntRange(min=1),
    required=True,
    help="How many requests there are at a time.",
)
@options.out
def advise(run_: str | None, cpu: float, wait: float, concurrency: int, out: Path) -> int:
    """Say which model suits requests like yours. Default: the latest run.

    Reads the map of a run, and names the measured points behind the advice. Exits with 3 if the run
    has measured nothing around such requests.
    """
    if not cpu and not wait:
        raise Problem("--cpu and --wait: found 0 for both, expected one of them above 0")
    work = map_advice.Work(1e9 * cpu, 1e9 * wait, concurrency)
    analysis = analyse_run(store.find_run(out, run_), warn)
    found = [
        (result.workload, advice)
        for result in analysis.workloads.values()
        if (advice := map_advice.advise(analysis, result, work)) is not None
    ]
    if not found:
        names = [id_ for id_, one in load_folder(WORKLOADS).items() if one.grid]
        raise Problem(
            f"{analysis.run.id}: found no map, expected a run with the profile standard or thorough"
            f" of {' or '.join(names)}; run: loombench run --workload {names[0]}",
            Exit.NOT_POSSIBLE,
        )
    console = Console()
    for workload, advice in found:
        for renderable in map_texts.advice(workload, advice):
            console.print(renderable)
        if advice.command:
            print_line(console, f"    {advice.command}")
    return Exit.SUCCESS if all(advice.is_measured for _, advice in found) else Exit.NOT_POSSIBLE


COMMANDS = (advise,)
