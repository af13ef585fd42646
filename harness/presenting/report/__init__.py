"""`report.html`: a run in one file that needs no other file, no network and no server.

Text from a runner stays text: templates escape everything (`page`), SVGs are rewritten (`svg`), and
the page's content security policy allows only our own script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.files import write_file
from harness.presenting.report import page, sources
from harness.results.store import TRIALS_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.analyse import Analysis
    from harness.claims.judge import JudgedClaim

FILE = "report.html"


def has_figures(folder: Path) -> bool:
    """Return whether a run directory has figures that are newer than its last trial."""
    try:
        drawn = (folder / "figures" / "overview.svg").stat().st_mtime
        return drawn >= (folder / TRIALS_FILE).stat().st_mtime
    except OSError:
        return False


def write(analysis: Analysis, folder: Path, judged: Sequence[JudgedClaim] = ()) -> Path:
    """Write the report of a run into its directory, and return its path. Raises Problem.

    It shows the figures of that directory, unless they are older than the last trial.
    """
    svgs: dict[str, str] = {}
    if has_figures(folder):
        for path in sorted((folder / "figures").glob("*.svg")):
            svgs[path.stem] = path.read_text(encoding="utf-8", errors="replace")
    text = page.render(analysis, sources.read_sources(analysis.run), svgs, judged)
    path = folder / FILE
    write_file(path, text, "the measurements are safe: free some space, then `loombench report`")
    return path
