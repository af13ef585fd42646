"""Measure how the time of a call grows with its work, in one process. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from harness.results.records import Growth

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.plan import Assignment
    from harness.measuring.runners.protocol import SampleTaken
    from harness.measuring.runners.transcript import Transcript


def find_growth(assignment: Assignment, transcript: Transcript) -> Growth | None:
    """Return the times of a call with all of the work and with less; None if it was not asked.

    Suspicion needs care, so noise makes growth look larger. With less work the quickest sample
    counts (of CPU time, which is less noisy, the median). With all of it the samples count that
    follow at once (the warm-up), or all others if those were slower: a slow phase of the machine
    that slows the smaller case alone is not seen as work that costs nothing.
    """
    smaller, case = assignment.smaller, assignment.case
    if smaller is None:
        return None
    samples = transcript.samples[case.id]
    less = [[sample] for sample in transcript.samples[smaller.id] if not sample.warmup]
    more = [[one for one in samples if one.warmup], [one for one in samples if not one.warmup]]
    return Growth(
        work=case.operations / smaller.operations,
        smaller_ns=min(_known(_call_ns(smaller, group) for group in less)),
        call_ns=max(_known(_call_ns(case, group) for group in more)),
        smaller_cpu_ns=_median(_known(_call_cpu_ns(smaller, group) for group in less)),
        call_cpu_ns=max(_known(_call_cpu_ns(case, group) for group in more), default=None),
    )


def _median(values: Sequence[float]) -> float | None:
    return median(values) if values else None


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _call_ns(case: ModelCase, samples: Sequence[SampleTaken]) -> float | None:
    """Return the mean time of a call: short samples, mostly overhead, count for little."""
    calls = sum(sample.operations for sample in samples) / case.operations
    return sum(sample.elapsed_ns for sample in samples) / calls if calls else None


def _call_cpu_ns(case: ModelCase, samples: Sequence[SampleTaken]) -> float | None:
    known = [sample for sample in samples if sample.cpu_ns is not None]
    calls = sum(sample.operations for sample in known) / case.operations
    return sum(sample.cpu_ns or 0 for sample in known) / calls if calls else None
