"""What one trial says of a metric: one number a process. Pure, and shared by both halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.records import Trial
    from harness.workload import Metric, Workload


def trial_value(workload: Workload, metric: Metric, trial: Trial) -> float | None:
    """Return the median over the samples after warm-up, before any ratio; None if not known."""
    return middle(sample_values(workload, metric, trial))


def middle(values: NDArray[np.float64]) -> float | None:
    """Return the median; None of nothing. Of few values much quicker than NumPy's."""
    if not values.size:
        return None
    ordered = np.sort(values)
    return float(ordered[(values.size - 1) // 2] + ordered[values.size // 2]) / 2


def sample_values(workload: Workload, metric: Metric, trial: Trial) -> NDArray[np.float64]:
    """Return a metric of each sample after warm-up, in their order, before any ratio.

    Samples of which something in it is not known are left out.
    """
    case = workload.cases[trial.cell.case]
    samples = [one for one in trial.samples if not one.warmup]
    names = metric.formula.names
    if "cpu_ns" in names:
        samples = [one for one in samples if one.cpu_ns is not None]
    ideal_ns = workload.ideal_of(case, trial.cell.model)
    if not samples or ("ideal_ns" in names and ideal_ns is None):
        return np.empty(0)
    known = {
        **case.params,
        "elapsed_ns": np.array([one.elapsed_ns for one in samples], dtype=float),
        "cpu_ns": np.array([one.cpu_ns or 0 for one in samples], dtype=float),
        "operations": np.array([one.operations for one in samples], dtype=float),
        "ideal_ns": ideal_ns,
    }
    values = metric.formula.over(known, len(samples))
    return values[np.isfinite(values)]


def pace(trial: Trial) -> NDArray[np.float64]:
    """Return the time of one operation in each sample after warm-up, in ns and in their order."""
    samples = [one for one in trial.samples if not one.warmup]
    return np.array([one.elapsed_ns / one.operations for one in samples], dtype=float)
