"""What several commands do with a run that is measured: show it, draw it, sum it up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.analyse import Analysis, analyse
from harness.cli.console import Console, say, warn
from harness.files import write_file
from harness.presenting import export, tables
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.claims.judge import JudgedClaim


def analysed(folder: Path) -> Analysis:
    """Analyse a run, and say what of its trials could not be read."""
    warnings: list[str] = []
    analysis = analyse(store.read_run(folder), store.read_trials(folder, warnings))
    for warning in warnings:
        warn(warning)
    return analysis


def show_results(folder: Path, console: Console) -> Analysis:
    """Print the results of a run as tables, and return what they were made from."""
    analysis = analysed(folder)
    for renderable in tables.results(analysis):
        console.print(renderable)
    return analysis


def summarise(folder: Path, analysis: Analysis, checked: Sequence[JudgedClaim]) -> None:
    """Write what was found beside what was measured: for programs, and as a page."""
    advice = "the measurements are safe: free some space, then `loombench plot`"
    for name, text in export.summaries(analysis).items():
        write_file(folder / name, text, advice)
    from harness.presenting import report  # it is slow to import, as figures are

    say(Console(), f"The report: {os.path.relpath(report.write(analysis, folder, checked))}")


def draw(
    folder: Path, analysis: Analysis, checked: Sequence[JudgedClaim], console: Console
) -> None:
    """Draw the figures of a run, and say which to open."""
    from harness.presenting import (
        figures,  # matplotlib is slow to import, and only drawing needs it
    )

    written = figures.draw(analysis, folder / "figures", checked)
    latest = folder.parent / "latest"
    shown = latest if latest.exists() and latest.resolve() == folder.resolve() else folder
    shown = Path(os.path.relpath(shown))
    say(console, f"\n{len(written)} figures. Open first:")
    say(console, f"  {shown / 'figures' / written[0].name}")
    say(console, "and beside it (SVG too):")
    for path in written[1:]:
        say(console, f"  {shown / 'figures' / path.name}")
