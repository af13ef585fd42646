"""Measure how the time of a call grows with its work, in one process. Pure."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from harness.results.records import Growth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.plan import Assignment
    from harness.measuring.runners.protocol import SampleTaken
    from harness.measuring.runners.transcript import Transcript


def find_growth(assignment: Assignment, transcript: Transcript) -> Growth | None:
    """Return the times of a call with all of the work and with less; None if it was not asked.

    Suspicion needs care, so noise makes growth look larger. With less work the quickest sample
    counts. With all of it the samples count that follow at once (the warm-up), or all others if
    those were slower: a slow phase of the machine that slows the smaller case alone is not seen as
    work that costs nothing.
    """
    smaller, case = assignment.smaller, assignment.case
    if smaller is None:
        return None
    samples, less = transcript.samples[case.id], transcript.samples[smaller.id]
    measured = [sample for sample in less if not sample.warmup]
    halves = [
        [one for one in samples if one.warmup],
        [one for one in samples if not one.warmup],
    ]
    return Growth(
        work=case.operations / smaller.operations,
        smaller_ns=min(_call_times(smaller, measured)),
        call_ns=max(median(_call_times(case, half)) for half in halves if half),
        smaller_cpu_ns=min(_call_cpu_times(smaller, measured), default=None),
        call_cpu_ns=max(
            (median(found) for half in halves if (found := _call_cpu_times(case, half))),
            default=None,
        ),
    )


def _call_times(case: ModelCase, samples: Sequence[SampleTaken]) -> list[float]:
    return [sample.elapsed_ns * case.operations / sample.operations for sample in samples]


def _call_cpu_times(case: ModelCase, samples: Sequence[SampleTaken]) -> list[float]:
    return [
        sample.cpu_ns * case.operations / sample.operations
        for sample in samples
        if sample.cpu_ns is not None
    ]
