"""Says of a run without enough blocks, or that is not over, that its results are a first look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import units
from harness.statistics.estimates import MIN_FOR_INTERVAL

if TYPE_CHECKING:
    from harness.analysis.run_results import Analysis, WorkloadResult


def first_look(analysis: Analysis) -> str:
    """Return in one sentence why the results are a first look; empty if they are not."""
    counts = [count for count in map(_count_blocks, analysis.workloads.values()) if count >= 0]
    if analysis.measuring:
        blocks = units.format_count(analysis.blocks, "block")
        of = units.format_count(len(counts), "workload")
        return f"First look: {blocks} of {of}; measuring goes on."
    few = sum(count < MIN_FOR_INTERVAL for count in counts)
    if not few or not analysis.blocks:
        return ""
    where = "" if few == len(counts) else f" in {few} of {len(counts)} workloads"
    return f"First look: fewer than {MIN_FOR_INTERVAL} blocks{where}, too few for intervals."


def _count_blocks(result: WorkloadResult) -> int:
    """Return the blocks of the headline case; -1 if nothing of it was planned."""
    return max((cell.attempts for cell in result.headline if cell.absent is None), default=-1)
