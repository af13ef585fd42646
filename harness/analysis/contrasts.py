"""The contrasts of a workload: what its headline case has to decide. Pure.

A contrast is a contestant beside the baseline of its workload, or a pair that the file names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.analysis.comparison import Pair
    from harness.analysis.run_results import WorkloadResult


def contrasts(result: WorkloadResult) -> list[Pair]:
    """Return the contrasts between contestants that the run measures, each once."""
    workload = result.workload
    measured = [cell.contestant for cell in result.headline if cell.absent is None]
    pairs = [(contestant, workload.baseline) for contestant in measured]
    found: dict[frozenset[object], Pair] = {}
    for this, to in (*pairs, *workload.contrasts):
        if this != to and this in measured and to in measured:
            found.setdefault(frozenset((this, to)), (this, to))
    return list(found.values())
