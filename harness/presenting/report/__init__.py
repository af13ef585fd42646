"""`report.html`: a run in one file that needs no other, no network and no server.

What comes from a runner is text and stays text: templates escape everything (`page`), drawings are
written anew (`svg`), and a policy in the page lets no script run but ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.presenting.export import write as write_file
from harness.presenting.report import page, sources
from harness.results.store import TRIALS_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.analyse import Analysis
    from harness.claims.judge import JudgedClaim

FILE = "report.html"


def has_figures(folder: Path) -> bool:
    """Return whether figures were drawn in a run directory since it was last measured in."""
    try:
        drawn = (folder / "figures" / "overview.svg").stat().st_mtime
        return drawn >= (folder / TRIALS_FILE).stat().st_mtime
    except OSError:
        return False


def write(analysis: Analysis, folder: Path, checked: Sequence[JudgedClaim] = ()) -> Path:
    """Write the report of a run into its directory, and return where. Raises Problem.

    Shows the figures that are drawn there, unless something was measured since.
    """
    drawings: dict[str, str] = {}
    if has_figures(folder):
        for path in sorted((folder / "figures").glob("*.svg")):
            drawings[path.stem] = path.read_text(encoding="utf-8", errors="replace")
    text = page.text(analysis, sources.read(analysis.run), drawings, checked)
    path = folder / FILE
    write_file(path, text, "the measurements are safe: free some space, then `loombench report`")
    return path
