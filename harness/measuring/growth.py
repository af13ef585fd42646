"""Measure how the time of a call grows with its work, in one process. Pure."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from harness.results.records import Growth

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.plan import Assignment
    from harness.measuring.runners.protocol import SampleTaken
    from harness.measuring.runners.transcript import Transcript

    TimeOf = Callable[[SampleTaken], int | None]


def find_growth(assignment: Assignment, transcript: Transcript) -> Growth | None:
    """Return the times of a call with all of the work and with less; None if it was not asked.

    The process took both by turns: less, all, less, and all again, which is the warm-up of the
    measured case. Each two that follow each other give a ratio, so at most a moment lies between
    its sides. Of the measured case only the warm-up counts: its other samples come later.
    """
    looks, case = assignment.looks, assignment.case
    if not looks:
        return None
    wall, cpu = (
        [
            *(_median_call(one, transcript.samples[one.id], time_of) for one in looks),
            _mean_call(case, transcript.samples[case.id], time_of),
        ]
        for time_of in (_elapsed_ns, _cpu_ns)
    )
    param = case.workload.grows_with  # operations need not grow with it: a trip may be one
    smaller_ns, call_ns = (_median_known(wall[start::2]) or 0.0 for start in (0, 1))
    return Growth(
        work=int(case.params[param]) / int(looks[0].params[param]),
        smaller_ns=smaller_ns,
        call_ns=call_ns,
        smaller_cpu_ns=_median_known(cpu[0::2]),
        call_cpu_ns=_median_known(cpu[1::2]),
        ratios=_ratios(wall),
        cpu_ratios=_ratios(cpu),
    )


def _elapsed_ns(sample: SampleTaken) -> int | None:
    return sample.elapsed_ns


def _cpu_ns(sample: SampleTaken) -> int | None:
    return sample.cpu_ns


def _ratios(times: Sequence[float | None]) -> tuple[float, ...]:
    """Return all / less of each two looks that follow each other; less is first."""
    ratios = []
    for position, (one, other) in enumerate(pairwise(times)):
        less, more = (one, other) if position % 2 == 0 else (other, one)
        if less and more is not None:
            ratios.append(more / less)
    return tuple(ratios)


def _median_known(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _median_call(case: ModelCase, samples: Sequence[SampleTaken], time_of: TimeOf) -> float | None:
    """Return the median time of a call over the samples that count."""
    measured = [(time_of(one), one.operations) for one in samples if not one.warmup]
    return _median_known([ns * case.operations / n for ns, n in measured if ns is not None])


def _mean_call(case: ModelCase, samples: Sequence[SampleTaken], time_of: TimeOf) -> float | None:
    """Return the mean time of a call in the warm-up: short samples, mostly overhead, weigh little.

    A case without warm-up has its first sample, which follows at once.
    """
    warm_up = [one for one in samples if one.warmup] or samples[:1]
    known = [(ns, one.operations) for one in warm_up if (ns := time_of(one)) is not None]
    operations = sum(n for _, n in known)
    return sum(ns for ns, _ in known) * case.operations / operations if operations else None
