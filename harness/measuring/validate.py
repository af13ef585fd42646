"""Check one implementation against the rules of its workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from harness.results.records import Status
from harness.statistics.growth import MOST_LOOKS, Growing, judge_growth

if TYPE_CHECKING:
    from harness.measuring.plan import Assignment
    from harness.measuring.trials import TrialRunner
    from harness.results.records import Growth, Trial

_RETRIES = 2  # of a trial that is unsettled


def validate_cell(runner: TrialRunner, assignment: Assignment, position: int) -> Trial | None:
    """Run a trial with the check case. Returns None if it was interrupted.

    A trial that is unsettled is run again: a busy machine condemns nobody. So is one whose time may
    not have grown with its work, until that is settled. An implementation whose time does not grow
    gets a warning.
    """
    growths: list[Growth] = []
    retries = _RETRIES
    while True:
        trial = runner.run(assignment, len(growths), position)
        if trial is not None and trial.status is Status.UNSETTLED and retries:
            retries -= 1
            continue
        if trial is None or trial.growth is None:
            return trial
        growths.append(trial.growth)
        verdict = judge_growth(growths)
        if verdict.growing is Growing.MISSING:
            warning = f"suspect: {verdict.reason}"
            return structs.replace(trial, warnings=(*trial.warnings, warning))
        if verdict.growing is Growing.SHOWN or len(growths) == MOST_LOOKS:
            return trial
