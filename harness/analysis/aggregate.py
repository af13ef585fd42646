"""What the estimates of each cell are made from, collected with one trial in memory at a time.

Of each process it keeps one value per metric, and what resampling its samples would make of that
value. It drops the samples themselves, so a run of any length fits.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from harness import units
from harness.results import histograms
from harness.results.records import CLIENT_LIMITED, Status
from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, host_medians
from harness.statistics.latencies import LEAST_BEYOND, describe_lateness, requests_needed
from harness.statistics.metrics import (
    busy_cores,
    decode_histogram,
    memory_bytes,
    ns_per_operation,
    sample_values,
)
from harness.statistics.steady_state import SteadyState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hdrh.histogram import HdrHistogram
    from numpy.typing import NDArray

    from harness.catalog.parts import Metric
    from harness.catalog.workload import ModelCase
    from harness.results.records import Growth, Trial


@dataclass
class Series:
    """The values of one metric of one cell."""

    values: BlockValues = field(default_factory=BlockValues)
    _within: array[float] = field(default_factory=lambda: array("d"))

    def take(self, trial: Trial, samples: NDArray[np.float64]) -> None:
        """Take in the samples of one process."""
        self.values.add(trial.block, samples, trial.rounds, trial.first_round, trial.host)
        if samples.size:
            self._within.frombytes(estimates.resample_process_median(samples).tobytes())

    def estimate(self, name: str) -> estimates.Estimate | None:
        """Estimate the median over processes; `name` seeds the resampling.

        Of five hosts or more it is the median over hosts: blocks of a host are not independent.
        """
        if hosts := host_medians(self.values):
            return estimates.estimate_median(hosts, name)
        values = list(self.values.by_block.values())
        return estimates.estimate_median(values, name, np.frombuffer(self._within))


@dataclass(frozen=True)
class Step:
    """A rate that a server was asked at, and what came of it."""

    rate_per_s: int
    achieved_per_s: float
    p99_ns: float | None
    saturated: bool
    requests: int = 0


_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")

_PLACE = "\0"  # of a number; no text of a trial has it


@dataclass
class Remarks:
    """Warnings on the trials of a cell, counted. Texts that differ in numbers only are the same."""

    _counts: Counter[str] = field(default_factory=Counter)  # by the text without numbers
    _numbers: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # least and most

    def take(self, text: str) -> None:
        """Take in a warning on one trial."""
        wording, numbers = _NUMBER.sub(_PLACE, text), _NUMBER.findall(text)
        self._counts[wording] += 1
        before = self._numbers.get(wording, [(number, number) for number in numbers])
        self._numbers[wording] = [
            (min(low, number, key=_value), max(high, number, key=_value))
            for (low, high), number in zip(before, numbers, strict=True)
        ]

    def shown(self) -> tuple[str, ...]:
        """Return each wording once: `used 96 to 99% of its processors (8 trials)`."""
        return tuple(
            self._text(wording) + (f" ({count} trials)" if count > 1 else "")
            for wording, count in self._counts.items()
        )

    def _text(self, wording: str) -> str:
        first, *rest = wording.split(_PLACE)
        numbers = (
            low if low == high else f"{low} to {high}" for low, high in self._numbers[wording]
        )
        return first + "".join(map("".join, zip(numbers, rest, strict=True)))


def _value(number: str) -> float:
    return float(number.replace(",", ""))


@dataclass
class CellAggregate:
    """What is kept of the trials of one cell, which run this case."""

    case: ModelCase
    statuses: Counter[Status] = field(default_factory=Counter)
    message: str = ""  # of the last that failed
    series: defaultdict[str, Series] = field(default_factory=lambda: defaultdict(Series))
    peaks: list[int] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)  # kept busy, a process
    steady_state: SteadyState = field(default_factory=SteadyState)
    waits: HdrHistogram | None = None  # all single waits of all its processes
    curves: list[dict[float, float]] = field(default_factory=list)  # of the waits, a process
    late: HdrHistogram | None = None  # how late the load generator sent to all its processes
    parked: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    ladder: defaultdict[int, list[Step]] = field(default_factory=lambda: defaultdict(list))
    remarks: Remarks = field(default_factory=Remarks)
    growths: list[Growth] = field(default_factory=list)
    calls_ns: list[float] = field(default_factory=list)  # of one call, a process
    gil_came_on: int = 0  # trials of a free-threaded runtime whose GIL was on after the work
    _client_limited: int = 0  # trials

    def take(self, trial: Trial) -> None:
        """Take in one trial; only trials that are ok have values."""
        self.statuses[trial.status] += 1
        if trial.status is not Status.OK:
            self.message = trial.message
            return
        if trial.facts.get("gil") is False and trial.facts.get("gil_after") is True:
            self.gil_came_on += 1
        memory = memory_bytes(trial)
        if memory is not None:
            self.peaks.append(memory)
        cores = busy_cores(trial)
        if cores is not None:
            self.cores.append(cores)
        times = ns_per_operation(trial)
        self.steady_state.add_process(times)
        if times.size:
            self.calls_ns.append(float(np.median(times)) * self.case.operations)
        if trial.growth is not None:
            self.growths.append(trial.growth)
        self._client_limited += any(text.startswith(CLIENT_LIMITED) for text in trial.warnings)
        self._take_more(trial)
        for metric in self.case.workload.metrics.values():
            samples = sample_values(metric, self.case, trial)
            self.series[metric.id].take(trial, samples)

    def _take_more(self, trial: Trial) -> None:
        """Take in what only some shapes have."""
        if trial.latency:
            waits = decode_histogram(trial, trial.latency)
            self.curves.append(dict(histograms.percentile_curve(waits)))
            self.waits = histograms.merge_into(self.waits, waits)
        if trial.lateness:
            self.late = histograms.merge_into(self.late, decode_histogram(trial, trial.lateness))
        for parked in trial.parked:
            self.parked[parked.tasks].append(parked.total_bytes)
        for phase in trial.phases:
            if phase.loop == "ladder" and phase.elapsed_ns:
                known = (
                    histograms.percentiles(decode_histogram(trial, phase.hdr)) if phase.hdr else {}
                )
                achieved = 1e9 * phase.requests / phase.elapsed_ns
                self.ladder[phase.rate_per_s].append(
                    Step(
                        phase.rate_per_s,
                        achieved,
                        known.get("p99_ns"),
                        phase.saturated,
                        phase.requests,
                    )
                )

    @property
    def call_ns(self) -> float | None:
        """The median time of a call over processes; None if unknown."""
        return median(self.calls_ns) if self.calls_ns else None

    @property
    def client_limit(self) -> str:
        """How the load generator was the limit in at least half of the trials, or an empty text."""
        if 2 * self._client_limited < max(1, self.statuses[Status.OK]):
            return ""
        texts = (text for text in self.remarks.shown() if text.startswith(CLIENT_LIMITED))
        return next(texts, "").removeprefix(f"{CLIENT_LIMITED}: ")

    def _explain_unsettled(self) -> Iterator[str]:
        """Yield why trials are left out that could not follow the rules on this machine."""
        unsettled, trials = self.statuses[Status.UNSETTLED], self.statuses.total()
        if 0 < 2 * unsettled <= trials:
            count = units.format_count(trials, "trial")
            yield f"{unsettled} of {count} unsettled and left out: {self.message}"

    def _explain_gil(self) -> Iterator[str]:
        """Yield that a runtime was not free-threaded, although it could have been."""
        if self.gil_came_on:
            yield (
                "not free-threaded: something that it imported switched the GIL on in"
                f" {self.gil_came_on} of {units.format_count(self.statuses[Status.OK], 'trial')}"
            )

    def warnings(self) -> tuple[str, ...]:
        """Return the warnings on its numbers, without that on the load generator if it ranks."""
        shown = (*self._explain_gil(), *self.remarks.shown(), *self._explain_unsettled())
        if self.client_limit:
            shown = tuple(text for text in shown if not text.startswith(CLIENT_LIMITED))
        late = describe_lateness(self.late, self.waits)
        return (*self.steady_state.warnings(), *shown, *filter(None, [late]))

    def curve(self) -> tuple[tuple[float, float], ...]:
        """Return the percentile curve of the waits: (share of waits, the longest of them in ns).

        It is the median over processes, like the metrics, as far as each has enough waits; beyond,
        and for the longest, all processes are pooled.
        """
        if self.waits is None:
            return ()
        pooled = histograms.percentile_curve(self.waits, LEAST_BEYOND if self._is_server else 1)
        points = [(share, self._typical_wait(share, ns)) for share, ns in pooled]
        rising = accumulate((ns for _, ns in points), max)
        return tuple(zip((share for share, _ in points), rising, strict=True))

    def _typical_wait(self, share: float, pooled_ns: float) -> float:
        if share < 1 and all(share in curve for curve in self.curves):
            return median(curve[share] for curve in self.curves)
        return pooled_ns

    @property
    def requests(self) -> int:
        """How many requests are behind the percentiles of a server."""
        return self.waits.get_total_count() if self.waits and self._is_server else 0

    def has_enough_for(self, metric: Metric) -> bool:
        """Return whether enough requests are behind the percentiles that a metric needs."""
        return not self._is_server or self.requests >= requests_needed(metric.formula.names)

    @property
    def _is_server(self) -> bool:
        return self.case.workload.load is not None

    def points(self) -> dict[int, float]:
        """Return the median memory of so many parked tasks, over processes."""
        return {tasks: median(sizes) for tasks, sizes in sorted(self.parked.items())}

    def steps(self) -> tuple[Step, ...]:
        """Return each step of the ladder, by its median over processes."""
        return tuple(_middle(steps) for _, steps in sorted(self.ladder.items()))


def _middle(steps: list[Step]) -> Step:
    p99s = [step.p99_ns for step in steps if step.p99_ns is not None]
    requests = sum(step.requests for step in steps)
    return Step(
        steps[0].rate_per_s,
        median(step.achieved_per_s for step in steps),
        median(p99s) if p99s and requests >= requests_needed({"p99_ns"}) else None,
        sum(step.saturated for step in steps) * 2 > len(steps),
        requests,
    )
