"""What a run prints at its end: the answer, what is undecided, what would decide it.

With the lines that name the figures and the report they are at most 25 lines at 80 columns.
"""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.contrasts import contrasts
from harness.analysis.findings import finding, overall
from harness.analysis.first_look import first_look
from harness.analysis.lead import join_names
from harness.analysis.undecided import Remedy, not_ranked, undecided
from harness.analysis.versus import default_pair, head_to_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.analysis.run_results import Analysis, WorkloadResult
    from harness.analysis.undecided import Undecided

_MOST_OF_A_TEXT = 3  # lines
_NEAR = 5.0  # times as many blocks that one can wait for
_MINUTE = 60
_COMMAND = "loombench run --resume"


def closing(analysis: Analysis, width: int, run: str = "") -> list[str]:
    """Return lines of at most `width` columns, but for a command.

    It names the `run`; an empty text is the latest.
    """
    results = list(analysis.workloads.values())
    texts = [("", f"{_answer(results)}.")]
    if (pair := default_pair(analysis)) and len(results) > 1:
        texts.append(("", f"{head_to_head(analysis, *pair).sentence}."))
    texts.append(("", _measured(analysis)))
    texts += _undecided(analysis, run)
    if barred := [
        f"{cell.name} in {result.workload.title} ({cell.unranked.obstacle.value})"
        for result, cell in not_ranked(results)
        if cell.unranked is not None
    ]:
        texts.append(("", f"Not ranked: {join_names(barred)}."))
    return [line for indent, text in texts if text for line in _wrap(text, indent, width)]


def _answer(results: Sequence[WorkloadResult]) -> str:
    """Return what a run shows; of a single workload, with numbers."""
    if len(results) != 1:
        return overall(list(results))
    return f"{results[0].workload.title}: {finding(results[0])}"


def _measured(analysis: Analysis) -> str:
    """Return how much was measured, and what is to be known of it."""
    disturbed = analysis.disturbed.trials
    count = (
        f"{units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')}"
        + (f", {disturbed:,} of them disturbed by other work" if disturbed else "")
    )
    return f"{count}. {first_look(analysis)}".rstrip()


def _undecided(analysis: Analysis, run: str) -> Iterator[tuple[str, str]]:
    """Yield what is undecided, then a line for each remedy; each text with its indent."""
    results = [one for one in analysis.workloads.values() if not one.workload.is_floor]
    total = sum(len(contrasts(result)) for result in results)
    found = list(undecided(results))
    if not total:
        return
    if not found:
        yield (
            "",
            "The comparison is decided." if total == 1 else f"All {total} comparisons are decided.",
        )
        return
    yield "", f"Undecided: {len(found)} of {units.format_count(total, 'comparison')}."
    blocks = [one for one in found if one.remedy is Remedy.BLOCKS]
    near = [one for one in blocks if one.factor <= _NEAR]
    if near:
        factor = max(2, math.ceil(max(one.factor for one in near)))
        more = _format_budget(analysis.run.budget_s * (factor - 1))
        yield "  ", f"{factor} times as many blocks could decide {_where(near)}:"
        yield "    ", " ".join(filter(None, [_COMMAND, run, "--budget", more]))
    if far := [one for one in blocks if one.factor > _NEAR]:
        yield "  ", f"Many more blocks, or less noise, could decide {_where(far)}."
    if noisy := [one for one in found if one.remedy is Remedy.QUIET]:
        yield "  ", f"A quieter machine (loombench doctor) could decide {_where(noisy)}."


def _where(some: Sequence[Undecided]) -> str:
    """Return how many there are, and in which workloads: `3 (in Echo and HTTP)`."""
    return f"{len(some)} (in {join_names(list(dict.fromkeys(one.workload for one in some)))})"


def _format_budget(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{math.ceil(seconds)}s"
    return f"{math.ceil(seconds / _MINUTE)}m"


def _wrap(text: str, indent: str, width: int) -> list[str]:
    if text.startswith(_COMMAND):
        return [indent + text]  # to copy it, it must be one line
    return textwrap.wrap(
        units.one_line(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        max_lines=_MOST_OF_A_TEXT,
        placeholder=" ...",
    )
