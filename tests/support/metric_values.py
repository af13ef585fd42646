"""The value of a metric in one trial, as the analysis gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.statistics.metrics import array_median, sample_values

if TYPE_CHECKING:
    from harness.catalog.workload import Workload
    from harness.results.records import Trial


def metric_value(of: Workload, metric: str, trial: Trial) -> float | None:
    """Return the median over the samples after warm-up, before any ratio; None if unknown."""
    case = of.resolve(trial.cell.case, trial.cell.model)
    return array_median(sample_values(of.metrics[metric], case, trial))
