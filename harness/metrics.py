"""What one trial says of a metric: one number a process. Pure, and shared by both halves."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.records import Sample, Trial
    from harness.workload import Case, Metric, Workload


def trial_value(workload: Workload, metric: Metric, trial: Trial) -> float | None:
    """Return the median over the samples after warm-up, before any ratio; None if not known."""
    case = workload.cases[trial.cell.case]
    values = [
        value
        for sample in trial.samples
        if not sample.warmup
        and (value := sample_value(workload, case, metric, trial.cell.model, sample)) is not None
    ]
    return median(values) if values else None


def sample_value(
    workload: Workload, case: Case, metric: Metric, model: str, sample: Sample
) -> float | None:
    """Return a metric of one sample, before any ratio; None where something in it is not known."""
    names: dict[str, int | float | str | None] = {
        **case.params,
        "elapsed_ns": sample.elapsed_ns,
        "cpu_ns": sample.cpu_ns,
        "operations": sample.operations,
        "ideal_ns": workload.ideal_of(case, model),
    }
    known = {name: names[name] for name in metric.formula.names}
    if any(value is None for value in known.values()):
        return None
    try:
        return float(metric.formula(known))
    except ArithmeticError:
        return None


def memory_bytes(trial: Trial) -> int | None:
    """Return the most memory that a trial is known to have held; None if not known.

    Where workers live beside the process that was started, its own peak leaves them out: then the
    proportional size of all of them together counts, if it is the larger.
    """
    peak = trial.usage.get("peak_bytes")
    tree = trial.usage.get("pss_bytes") if trial.usage.get("pss_processes", 1) > 1 else None
    known = [size for size in (peak, tree) if size]
    return max(known) if known else None
