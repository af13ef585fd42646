"""A run in the formats of other tools. All but `output` are pure: from records to a text.

docs/exports.md says what each is for, and what is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.presenting.export import benchfmt, hyperfine, markdown, pyperf, separated, summary
from harness.presenting.export.output import write
from harness.presenting.export.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.analysis.analyse import Analysis
    from harness.results.records import Trial

__all__ = ["FORMATS", "Selection", "summaries", "text", "write"]

FORMATS: dict[str, Callable[[Analysis, Iterable[Trial], Selection, list[str]], str]] = {
    "csv": separated.text,
    "markdown": markdown.text,
    "pyperf": pyperf.text,
    "benchfmt": benchfmt.text,
    "hyperfine": hyperfine.text,
    "json": summary.text,
}


def text(
    format_: str,
    analysis: Analysis,
    trials: Iterable[Trial],
    selection: Selection,
    warnings: list[str],
) -> str:
    """Return a run in one of `FORMATS`; what that leaves out is said in `warnings`.

    Raises Problem for names that the run does not have, and where there is nothing to export.
    """
    selection.check(analysis.run)
    return FORMATS[format_](analysis, trials, selection, warnings)


def summaries(analysis: Analysis) -> dict[str, str]:
    """Return what stands beside every run for programs, by the name of its file."""
    return {
        f"summary.{format_}": text(format_, analysis, (), Selection(), [])
        for format_ in ("json", "csv")
    }
