"""What one trial says of a metric: one number a process. Pure, and shared by both halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import Problem
from harness.results import histograms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hdrh.histogram import HdrHistogram
    from numpy.typing import NDArray

    from harness.catalog.workload import Case, Metric, ModelCase
    from harness.results.records import Parked, Trial

_OF_SAMPLES = frozenset({"elapsed_ns", "cpu_ns", "operations", "ideal_ns"})


def trial_value(metric: Metric, case: ModelCase, trial: Trial) -> float | None:
    """Return the median over the samples after warm-up, before any ratio; None if not known."""
    return array_median(sample_values(metric, case, trial))


def array_median(values: NDArray[np.float64]) -> float | None:
    """Return the median; None of nothing. Of few values much quicker than NumPy's."""
    if not values.size:
        return None
    ordered = np.sort(values)
    return float(ordered[(values.size - 1) // 2] + ordered[values.size // 2]) / 2


def sample_values(metric: Metric, case: ModelCase, trial: Trial) -> NDArray[np.float64]:
    """Return a metric of each sample after warm-up, in their order, before any ratio.

    `case` is the trial's own, as its model runs it. Samples that lack a value which the formula
    names are left out.
    """
    names = metric.formula.names
    known: dict[str, object] = {**case.params}
    if not names <= _OF_SAMPLES | case.params.keys():
        known |= whole_trial_values(trial, case.case)
    if not names & _OF_SAMPLES:
        return _evaluated(metric, known, 1)
    samples = [sample for sample in trial.samples if not sample.warmup]
    if "cpu_ns" in names:
        samples = [sample for sample in samples if sample.cpu_ns is not None]
    if not samples or ("ideal_ns" in names and case.ideal_ns is None):
        return np.empty(0)
    known |= {
        "elapsed_ns": np.array([sample.elapsed_ns for sample in samples], dtype=float),
        "cpu_ns": np.array([sample.cpu_ns or 0 for sample in samples], dtype=float),
        "operations": np.array([sample.operations for sample in samples], dtype=float),
        "ideal_ns": case.ideal_ns,
    }
    return _evaluated(metric, known, len(samples))


def _evaluated(metric: Metric, known: dict[str, object], count: int) -> NDArray[np.float64]:
    """Return the finite values of a formula; none where it names what is not known."""
    if not metric.formula.names <= known.keys():
        return np.empty(0)
    values = metric.formula.evaluate_arrays(known, count)
    return values[np.isfinite(values)]


def whole_trial_values(trial: Trial, case: Case) -> dict[str, float]:
    """Return what a trial says as a whole, by the names that formulas use; only what is known."""
    told: dict[str, float] = {}
    if trial.latency:
        told |= histograms.percentiles(decode_histogram(trial, trial.latency))
    if len({one.tasks for one in trial.parked}) > 1:
        told |= footprint_slopes(trial.parked)
    asked = [phase for phase in trial.phases if not phase.warmup]
    kept_up = [
        one.requests / one.elapsed_ns for one in asked if not one.saturated and one.elapsed_ns > 0
    ]
    if case.ladder and kept_up:
        told["capacity_per_s"] = 1e9 * max(kept_up)
    if trial.exit_ns is not None:
        told["exit_ns"] = trial.exit_ns
        told["lost"] = sum(sum(one.errors.values()) for one in asked)
    answered = sum(one.requests for one in trial.phases)
    if answered and "server_cpu_ns" in trial.usage:
        told["server_cpu_ns"] = trial.usage["server_cpu_ns"] / answered
    return told


def decode_histogram(trial: Trial, text: str) -> HdrHistogram:
    """Return waits of a trial. Raises Problem: it was readable when it was measured."""
    try:
        return histograms.decode(text)
    except ValueError as error:
        cell = trial.cell
        raise Problem(
            f"the trial of {cell.workload} {cell.case}, {cell.name}, in block {trial.block}"
            f" is damaged: latency: {error}; its line must be removed from trials.jsonl"
        ) from None


def footprint_slopes(parked: Sequence[Parked]) -> dict[str, float]:
    """Return the bytes of one more task: least squares over the points, so no base is divided."""
    tasks = np.array([one.tasks for one in parked], dtype=float)
    told = {"bytes_per_task": _slope(tasks, [one.bytes for one in parked])}
    virtual = [one.virtual_bytes for one in parked]
    if None not in virtual:
        told["virtual_bytes_per_task"] = _slope(tasks, [size or 0 for size in virtual])
    return told


def _slope(x: NDArray[np.float64], y: Sequence[int]) -> float:
    away = x - x.mean()
    return float(away @ np.asarray(y, dtype=float) / (away @ away))


def ns_per_operation(trial: Trial) -> NDArray[np.float64]:
    """Return the time of one operation in each sample after warm-up, in ns and in their order."""
    samples = [one for one in trial.samples if not one.warmup]
    return np.array([one.elapsed_ns / one.operations for one in samples], dtype=float)


def busy_cores(trial: Trial) -> float | None:
    """Return how many cores were busy while a trial was timed; None where it does not tell."""
    told = [one for one in trial.samples if one.cpu_ns is not None and not one.warmup]
    elapsed_ns = sum(one.elapsed_ns for one in told)
    return sum(one.cpu_ns or 0 for one in told) / elapsed_ns if elapsed_ns else None


def memory_bytes(trial: Trial) -> int | None:
    """Return the most memory that a trial is known to have held; None if not known.

    Where workers live beside the process that was started, its own peak leaves them out: then the
    proportional size of all of them together counts, if it is the larger.
    """
    peak = trial.usage.get("peak_bytes")
    tree = trial.usage.get("pss_bytes") if trial.usage.get("pss_processes", 1) > 1 else None
    known = [size for size in (peak, tree) if size]
    return max(known) if known else None
