"""Check one implementation against the rules of its workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from harness.results.records import Status
from harness.statistics.growth import explain_growth

if TYPE_CHECKING:
    from harness.measuring.plan import Assignment
    from harness.measuring.trials import TrialRunner
    from harness.results.records import Growth, Trial

_LOOKS = 3  # trials whose median decides whether time grows with the work


def validate_cell(runner: TrialRunner, assignment: Assignment, position: int) -> Trial | None:
    """Run a trial with the check case. Returns None if it was interrupted.

    A trial that is unsettled is run again: a busy machine condemns nobody.
    An implementation whose time does not grow with its work gets a warning.
    """
    growths: list[Growth] = []
    retries = _LOOKS - 1
    while True:
        trial = runner.run(assignment, len(growths), position)
        if trial is not None and trial.status is Status.UNSETTLED and retries:
            retries -= 1
            continue
        if trial is None or trial.growth is None:
            return trial
        growths.append(trial.growth)
        if len(growths) == _LOOKS:
            break
    if reason := explain_growth(growths):
        return structs.replace(trial, warnings=(*trial.warnings, f"suspect: {reason}"))
    return trial
