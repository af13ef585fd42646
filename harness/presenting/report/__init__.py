"""`report.html`: a run in one file that needs no other file, no network and no server.

Text from a runner stays text: templates escape everything (`page`), SVGs are rewritten (`svg`), and
the page's content security policy allows only our own script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.files import write_file
from harness.presenting.report import behaviours_view, page, sources, traces_view
from harness.results.store import trials_path
from harness.traces.scene import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis.stored_run import StoredRun
    from harness.claims.judgement import JudgedClaim

FILE = "report.html"
_PAIRS = "versus"  # begins the names of figures of two contestants
_CLAIMS = "claims-"  # begins the names of figures of claims of one topic
_DESCRIPTION = "<dc:description>"  # only a figure of a run that is being measured has one


def has_figures(folder: Path, *, measuring: bool = False) -> bool:
    """Return whether a run directory has figures that are newer than its last trial.

    Figures that were drawn while the run was measured count only as long as it is.
    """
    overview = folder / "figures" / "overview.svg"
    try:
        is_new = overview.stat().st_mtime >= trials_path(folder).stat().st_mtime
        return is_new and (measuring or _DESCRIPTION not in overview.read_text("utf-8", "replace"))
    except OSError:
        return False


def write(run: StoredRun, judged: Sequence[JudgedClaim] = ()) -> Path:
    """Write the report of a run into its directory, and return its path. Raises Problem.

    It shows the figures of that directory, unless they are older than the last trial.
    """
    analysis, folder = run.analysis, run.folder
    svgs: dict[str, str] = {}
    if has_figures(folder, measuring=analysis.measuring):
        for path in sorted((folder / "figures").glob("*.svg")):
            if path.stem.startswith((_PAIRS, _CLAIMS)):
                continue  # the page has tables of all pairs and claims
            if path.stem.startswith(FIGURES) and path.stem not in traces_view.EMBEDDED:
                continue
            svgs[path.stem] = path.read_text(encoding="utf-8", errors="replace")
    text = page.render(
        analysis,
        sources.read_sources(analysis.run),
        svgs,
        judged,
        _list_behaviours(run),
        traces_view.section(run.traced),
        [path.name for path in folder.iterdir()],
    )
    path = folder / FILE
    write_file(
        path,
        text,
        "the measurements are safe: free some space or make it writable, then: loombench report",
    )
    return path


def _list_behaviours(run: StoredRun) -> behaviours_view.BehavioursSection | None:
    """Return the section of the behaviours that are stored with a run, if there are any."""
    if run.observed is None:
        return None
    digests = {one.source: one.digest for one in run.observed.observations}
    found = sources.find_sources(digests, run.analysis.run.runner_files)
    return behaviours_view.section(run.observed.heading, run.behaviours, found)
