"""What is shown of a server's latencies: no percentile without enough requests behind it."""

from __future__ import annotations

import pytest
from hdrh.histogram import HdrHistogram

from harness.analysis.requests import describe_better
from harness.results.records import Phase, Sample, Trial
from tests.support.factories import result, trial
from tests.support.planted.served import SERVED

TEXT = (
    SERVED
    + """
[metrics.p99]
label = "p99"
unit = "ns"
better = "lower"
formula = "p99_ns"
[metrics.cpu]
label = "server CPU per request"
unit = "ns"
better = "lower"
formula = "cpu_ns / operations"
"""
)
BLOCKS = 5


def encoded(micro: int, count: int) -> str:
    histogram = HdrHistogram(1, 120_000_000_000, 3)
    histogram.record_value(micro * 1_000, count)
    return histogram.encode().decode()


def served(count: int, late_micro: int = 1) -> list[Trial]:
    """Return a trial a block, each with so many latencies of 100 µs."""
    return [
        trial(
            "trio",
            block,
            latency=encoded(100, count),
            lateness=encoded(late_micro, count),
            samples=(Sample(1_000, 10, cpu_ns=700),),
        )
        for block in range(BLOCKS)
    ]


@pytest.mark.parametrize(
    ("count", "shown", "behind"),
    [
        (400, {"p50", "p99"}, "lower is better; at least 2,000 requests each"),
        (399, {"p50"}, "lower is better; shown from 2,000 requests on"),
        (7, set(), "lower is better; shown from 2,000 requests on"),
    ],
)
def test_the_requests_of_all_blocks_count(count: int, shown: set[str], behind: str) -> None:
    found = result(*served(count), text=TEXT)
    (cell,) = found.headline
    assert {name for name in cell.metrics if name.startswith("p")} == shown
    assert {name for name, one in cell.series.items() if one.by_block} == {
        "throughput", "cpu", *shown,
    }  # fmt: skip
    assert cell.requests == BLOCKS * count
    assert describe_better(found.workload.metrics["p99"], found.headline) == behind
    assert describe_better(found.metric, found.headline) == "higher is better"


def test_a_curve_ends_where_too_few_requests_are_beyond() -> None:
    for count, last in ((400, 0.99), (4_000, 0.999), (7, 0.25), (3, None)):
        (cell,) = result(*served(count), text=TEXT).headline
        assert max((share for share, _ in cell.curve if share < 1), default=None) == last


def test_a_late_generator_is_a_warning_on_its_row() -> None:
    for micro, warned in ((1, False), (30, True)):
        (cell,) = result(*served(400, micro), text=TEXT).headline
        assert ("the load generator sent late" in " ".join(cell.warnings)) is warned


def test_cpu_per_request_is_that_of_the_closed_loop() -> None:
    (cell,) = result(*served(400), text=TEXT).headline
    assert cell.metrics["cpu"].value == 70


def test_a_step_of_a_ladder_has_a_p99_only_with_enough_requests() -> None:
    def step(rate: int, requests: int) -> Phase:
        return Phase("ladder", 10**9, requests, rate, hdr=encoded(100, requests))

    phases = (step(500, 500), step(1_000, 1_000))
    (cell,) = result(*(trial("trio", block, phases=phases) for block in (0, 1)), text=TEXT).headline
    assert [(one.requests, one.p99_ns is None) for one in cell.ladder] == [
        (1_000, True),
        (2_000, False),
    ]
