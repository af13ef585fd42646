"""A run in the formats of other tools: pure functions from records to text.

docs/exports.md says what each format is for, and what it loses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.presenting.export import benchfmt, hyperfine, markdown, pyperf, separated, summary
from harness.presenting.export.selection import ExportSelection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.analysis.run_results import Analysis
    from harness.results.records import Trial

__all__ = ["FORMATS", "ExportSelection", "render", "summaries"]

FORMATS: dict[str, Callable[[Analysis, Iterable[Trial], ExportSelection, list[str]], str]] = {
    "csv": separated.render,
    "markdown": markdown.render,
    "pyperf": pyperf.render,
    "benchfmt": benchfmt.render,
    "hyperfine": hyperfine.render,
    "json": summary.render,
}


def render(
    format_: str,
    analysis: Analysis,
    trials: Iterable[Trial],
    selection: ExportSelection,
    warnings: list[str],
) -> str:
    """Return a run in one of `FORMATS`; appends to `warnings` what the format leaves out.

    Raises Problem for names that the run does not have, and if there is nothing to export.
    """
    selection.check(analysis.run)
    return FORMATS[format_](analysis, trials, selection, warnings)


def summaries(analysis: Analysis) -> dict[str, str]:
    """Return the summaries that are kept beside every run, by file name."""
    return {
        f"summary.{format_}": render(format_, analysis, (), ExportSelection(), [])
        for format_ in ("json", "csv")
    }
