"""The value of a metric in one trial: one number per process. Pure, used by both halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.errors import Problem
from harness.results import histograms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hdrh.histogram import HdrHistogram
    from numpy.typing import NDArray

    from harness.catalog.parts import Case, Metric
    from harness.catalog.workload import ModelCase
    from harness.results.records import Parked, Trial

_SAMPLE_NAMES = frozenset({"elapsed_ns", "cpu_ns", "operations", "ideal_ns"})


def array_median(values: NDArray[np.float64]) -> float | None:
    """Return the median, or None for an empty array.

    Faster than numpy.median for short arrays.
    """
    if not values.size:
        return None
    ordered = np.sort(values)
    return float(ordered[(values.size - 1) // 2] + ordered[values.size // 2]) / 2


def is_of_samples(metric: Metric) -> bool:
    """Return whether a metric has a value for each sample, and not one for a whole trial."""
    return bool(metric.formula.names & _SAMPLE_NAMES)


def sample_values(metric: Metric, case: ModelCase, trial: Trial) -> NDArray[np.float64]:
    """Return a metric for each sample after warm-up, in order, before any ratio; shape (samples,).

    `case` is the case of the trial as its model runs it. Samples without a value that the formula
    needs are left out.
    """
    names = metric.formula.names
    known: dict[str, object] = {**case.params}
    if not names <= _SAMPLE_NAMES | case.params.keys():
        known |= whole_trial_values(trial, case.case)
    if not is_of_samples(metric):
        return _evaluate(metric, known, 1)
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
    return _evaluate(metric, known, len(samples))


def _evaluate(metric: Metric, known: dict[str, object], count: int) -> NDArray[np.float64]:
    """Return the finite values of a formula; empty if it contains an unknown name."""
    if not metric.formula.names <= known.keys():
        return np.empty(0)
    values = metric.formula.evaluate_arrays(known, count)
    return values[np.isfinite(values)]


def whole_trial_values(trial: Trial, case: Case) -> dict[str, float]:
    """Return the known values of a trial as a whole, by the names that formulas use."""
    values: dict[str, float] = dict(trial.observed)
    if trial.latency:
        latencies = decode_histogram(trial, trial.latency)
        values |= histograms.percentiles(latencies)
        values |= _early_share(trial, latencies.get_total_count())
    if len({point.tasks for point in trial.parked}) > 1:
        values |= footprint_slopes(trial.parked)
    measured = [phase for phase in trial.phases if not phase.warmup]
    sustained = [
        phase.requests / phase.elapsed_ns
        for phase in measured
        if not phase.saturated and phase.elapsed_ns > 0
    ]
    if case.ladder and sustained:
        values["capacity_per_s"] = 1e9 * max(sustained)
    if trial.exit_ns is not None:
        values["exit_ns"] = trial.exit_ns
        values["lost"] = sum(sum(phase.errors.values()) for phase in measured)
    requests = sum(phase.requests for phase in trial.phases)
    if requests and "server_cpu_ns" in trial.usage:
        values["server_cpu_ns"] = trial.usage["server_cpu_ns"] / requests
    return values


def _early_share(trial: Trial, count: int) -> dict[str, float]:
    if not count:
        return {}
    early = decode_histogram(trial, trial.early).get_total_count() if trial.early else 0
    return {"early_share": early / count}


def decode_histogram(trial: Trial, text: str) -> HdrHistogram:
    """Decode a latency histogram of a trial. Raises Problem if the stored file was damaged."""
    try:
        return histograms.decode(text)
    except ValueError as error:
        cell = trial.cell
        raise Problem(
            f"the trial of {cell.workload} {cell.case}, {cell.name}, in block {trial.block}"
            f" is damaged: latency: {error}; its line must be removed from trials.jsonl"
        ) from None


def footprint_slopes(parked: Sequence[Parked]) -> dict[str, float]:
    """Return the bytes per additional task, by least squares; the base size cancels."""
    tasks = np.array([point.tasks for point in parked], dtype=float)
    sizes: dict[str, list[int | None]] = {
        "bytes_per_task": [point.total_bytes for point in parked],
        "user_bytes_per_task": [point.bytes for point in parked],
        "kernel_bytes_per_task": [point.kernel_bytes for point in parked],
        "virtual_bytes_per_task": [point.virtual_bytes for point in parked],
    }
    return {
        name: _fit_slope(tasks, [size or 0 for size in column])
        for name, column in sizes.items()
        if None not in column
    }


def _fit_slope(x: NDArray[np.float64], y: Sequence[int]) -> float:
    centered = x - x.mean()
    return float(centered @ np.asarray(y, dtype=float) / (centered @ centered))


def ns_per_operation(trial: Trial) -> NDArray[np.float64]:
    """Return the time per operation in each sample after warm-up, in ns and in order."""
    samples = [sample for sample in trial.samples if not sample.warmup]
    return np.array([sample.elapsed_ns / sample.operations for sample in samples], dtype=float)


def busy_cores(trial: Trial) -> float | None:
    """Return the mean number of busy cores during the samples; None if CPU time is unknown."""
    samples = [s for s in trial.samples if s.cpu_ns is not None and not s.warmup]
    elapsed_ns = sum(sample.elapsed_ns for sample in samples)
    return sum(sample.cpu_ns or 0 for sample in samples) / elapsed_ns if elapsed_ns else None


def memory_bytes(trial: Trial) -> int | None:
    """Return the peak memory of a trial, or None if unknown.

    The peak of the started process excludes its worker processes. If there are any, the total
    proportional size of all processes is used if it is larger.
    """
    peak = trial.usage.get("peak_bytes")
    total = trial.usage.get("pss_bytes") if trial.usage.get("pss_processes", 1) > 1 else None
    known = [size for size in (peak, total) if size]
    return max(known) if known else None
