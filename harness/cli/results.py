"""Show, draw and summarise a run; shared by several commands."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from harness import units
from harness.analysis.revision_comparison import compare_revision
from harness.cli.console import Printable, print_line, warn
from harness.errors import Exit, Problem
from harness.files import write_file
from harness.paths import shorten
from harness.presenting import export, tables
from harness.presenting.closing import closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from harness.analysis.changes import CellChange
    from harness.analysis.run_results import Analysis
    from harness.analysis.stored_run import StoredRun
    from harness.claims.judgement import JudgedClaim


_NAMED_FIGURES = 3  # the first are about the whole run


def show_results(analysis: Analysis, console: Console) -> None:
    """Print the results of a run as tables."""
    if analysis.run.revision:
        show_revision(analysis, console)
    for renderable in tables.results(analysis, console.width):
        console.print(Printable(renderable))


def print_closing(analysis: Analysis, console: Console, run: str) -> None:
    """Print the answer of a run, what is undecided, and what would decide it.

    Commands name the `run`; an empty text is the latest.
    """
    for line in closing(analysis, console.width, run):
        print_line(console, line)


def show_revision(analysis: Analysis, console: Console) -> list[CellChange]:
    """Print how the working tree differs from the revision beside it, and return that."""
    rows = compare_revision(analysis)
    title = f"working tree / {analysis.run.revision[:8]}"
    console.print(Printable(tables.comparison(rows, title)))
    return rows


def present(
    run: StoredRun, checked: Sequence[JudgedClaim], console: Console, *, figures: bool = True
) -> None:
    """Draw the figures of a run and write its report.

    If there can be no figures, there is a report all the same. Raises the first Problem at the end.
    """
    steps = [partial(summarise, run, checked)]
    if figures:
        steps.insert(0, partial(draw, run, checked, console))
    problems = []
    for step in steps:
        try:
            step()
        except Problem as problem:
            problems.append(problem)
    if problems:
        raise problems[0]


def summarise(run: StoredRun, checked: Sequence[JudgedClaim]) -> None:
    """Write the summaries and the report into the run directory, and print where it is."""
    print_line(Console(), f"Report: {shorten(write_report(run, checked))}")


def write_report(run: StoredRun, checked: Sequence[JudgedClaim]) -> Path:
    """Write the summaries and the report into the run directory. Returns the path of the report."""
    advice = "the measurements are safe; free some space or make it writable, then: loombench plot"
    for name, text in export.summaries(run.analysis).items():
        write_file(run.folder / name, text, advice)
    from harness.presenting import report  # slow to import

    return report.write(run, checked)


def warn_of_figure(name: str, error: Exception) -> None:
    """Say that a figure is missing, because of a defect."""
    warn(f"the figure {name} is left out, because of a defect: {type(error).__name__}: {error}")


def import_figures() -> ModuleType:
    """Import what draws: matplotlib is slow to import. Raises Problem if it cannot be used."""
    # It warns at length if its usual cache cannot be written; it finds another one by itself.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        from harness.presenting import figures
    except OSError:
        raise Problem(
            "figures cannot be drawn: matplotlib found no folder for its cache, neither at home nor"
            " in TMPDIR; set MPLCONFIGDIR to one, then run: loombench plot",
            Exit.NOT_POSSIBLE,
        ) from None
    return figures


def draw(run: StoredRun, checked: Sequence[JudgedClaim], console: Console) -> None:
    """Draw the figures of a run and print the paths of the first."""
    folder = run.folder
    written = import_figures().draw(
        run.analysis,
        folder / "figures",
        checked,
        failed=warn_of_figure,
        observed=run.behaviours,
        traced=run.traced,
    )
    if not written:
        return
    latest = folder.parent / "latest"
    is_latest = latest.exists() and latest.resolve() == folder.resolve()
    path = Path(shorten(latest if is_latest else folder)) / "figures"
    count = units.format_count(len(written), "figure")
    print_line(console, f"\n{count} in {path} (also as SVG). Open these first:")
    for figure in written[:_NAMED_FIGURES]:
        print_line(console, f"  {path / figure.name}")
