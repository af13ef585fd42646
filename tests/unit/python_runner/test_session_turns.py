"""runner.session in turns: one sample in each, after a run-up that leaves no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram

from tests.unit.python_runner.sessions import (
    FakeClock,
    Kind,
    case,
    records_of_kind,
    work_that_takes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def kinds(records: list[dict[str, Any]]) -> str:
    return " ".join(record["kind"] for record in records)


@pytest.mark.parametrize("turns", [1, 4])
def test_the_last_case_takes_one_sample_in_each_turn(
    kind: Kind, clock: FakeClock, turns: int
) -> None:
    module = kind.module(work_that_takes(clock, 5))
    last = case("headline", warmup=2, iterations=9)
    records = kind.run(module, case(iterations=2), last, turns=turns)
    assert kinds(records) == " ".join(
        ["sample sample outcome sample sample ready", *["sample"] * turns, "outcome"]
    )
    samples = [record for record in records_of_kind(records, "sample") if record["case"] != "check"]
    assert [sample["iteration"] for sample in samples] == list(range(2 + turns))
    assert [sample["warmup"] for sample in samples] == [True] * 2 + [False] * turns
    assert [sample["elapsed_ns"] for sample in samples] == [5] * (2 + turns)
    assert records_of_kind(records, "ready") == [{"kind": "ready", "case": "headline"}]


def test_a_single_case_takes_turns_too(kind: Kind, clock: FakeClock) -> None:
    records = kind.run(kind.module(work_that_takes(clock, 5)), case(), turns=2)
    assert kinds(records) == "ready sample sample outcome"


def test_an_end_before_the_first_turn_leaves_the_warm_up(kind: Kind, clock: FakeClock) -> None:
    module = kind.module(work_that_takes(clock, 5))
    records = kind.run(module, case(), case("headline", warmup=1), turns=0)
    assert kinds(records) == "sample outcome sample ready outcome"


def test_without_a_run_up_nothing_but_the_samples_runs(kind: Kind, clock: FakeClock) -> None:
    start = clock.now
    kind.run(kind.module(work_that_takes(clock, 5)), case(), case("headline"), turns=3)
    assert clock.now - start == 4 * 5


def test_the_run_up_of_a_single_call_is_calls_of_the_first_case(
    kind: Kind, clock: FakeClock
) -> None:
    called = []

    def run(params: Any, probe: Any) -> int:
        called.append(params.ns)
        clock.now += params.ns
        return 0

    cases = case(params={"ns": 2}), case("headline", params={"ns": 100})
    records = kind.run(kind.module(run), *cases, turns=2, run_up_ns=3)
    assert called == [2, 2, 2, 100, 2, 2, 100]
    samples = records_of_kind(records, "sample")
    assert [sample["elapsed_ns"] for sample in samples] == [2, 100, 100]


def test_the_run_up_of_a_short_call_is_calls_of_its_own_case(kind: Kind, clock: FakeClock) -> None:
    called = []

    def run(params: Any, probe: Any) -> int:
        called.append(params.ns)
        clock.now += params.ns
        return 0

    cases = case(params={"ns": 2}), case("headline", params={"ns": 30}, warmup=1)
    kind.run(kind.module(run), *cases, turns=2, run_up_ns=50)
    assert called == [2, 30, *[30, 30, 30] * 2]


def test_the_run_up_of_a_batch_is_smaller_batches_of_the_same_case(
    kind: Kind, clock: FakeClock
) -> None:
    called = []

    def run(params: Any, probe: Any) -> int:
        called.append(params.name)
        clock.now += 1
        return 0

    cases = case(params={"name": "a"}), case("b", params={"name": "b"}, min_sample_ns=80)
    records = kind.run(kind.module(run), *cases, turns=1, run_up_ns=13)
    batch = records[-2]["operations"]
    assert records[-2]["elapsed_ns"] == batch >= 80
    before_ready = 1 + sum(
        sample["operations"] for sample in records_of_kind(records, "sample") if sample["warmup"]
    )
    run_up = len(called) - before_ready - batch
    assert run_up == batch // 8 * -(-13 // (batch // 8))
    assert set(called[1:]) == {"b"}


def test_a_run_up_uses_what_was_prepared(kind: Kind, clock: FakeClock) -> None:
    used = []

    def prepare(params: Any, probe: Any) -> Iterator[str]:
        used.append("prepared")
        yield "pool"
        used.append("released")

    def run(params: Any, probe: Any, pool: str) -> int:
        used.append(pool)
        clock.now += 1
        return 0

    kind.run(kind.module(run, prepare), case(), turns=1, run_up_ns=2)
    assert used == ["prepared", "pool", "pool", "pool", "released"]


def test_a_run_up_leaves_no_latency_observation_footprint_or_answer(
    kind: Kind, clock: FakeClock
) -> None:
    calls = 0

    def run(params: Any, probe: Any) -> int:
        nonlocal calls
        calls += 1
        clock.now += 10
        probe.latency(calls)
        probe.observe("calls", -calls)
        probe.parked(calls)
        return calls

    # Calls 2 and 4 are run-ups.
    cases = case(), case("headline")
    records = kind.run(kind.module(run), *cases, turns=2, run_up_ns=10)
    assert [record["tasks"] for record in records_of_kind(records, "footprint")] == [1, 3, 5]
    outcomes = records_of_kind(records, "outcome")
    assert [outcome["value"] for outcome in outcomes] == ["1", "3", "5"]
    assert [outcome["observed"]["calls"] for outcome in outcomes] == [-1, -3, -3]
    latencies = HdrHistogram.decode(records_of_kind(records, "latency")[1]["hdr"])
    assert latencies.get_total_count() == 2
    assert (latencies.get_min_value(), latencies.get_max_value()) == (3, 5)


@pytest.mark.parametrize(
    ("failing", "expected"),
    [
        (2, "sample outcome ready error"),  # the first run-up
        (3, "sample outcome ready error"),  # the first sample
        (4, "sample outcome ready sample error"),  # the second run-up
    ],
)
def test_a_failure_in_a_turn_ends_the_case(
    kind: Kind, clock: FakeClock, failing: int, expected: str
) -> None:
    calls = 0

    def run(params: Any, probe: Any) -> int:
        nonlocal calls
        calls += 1
        clock.now += 10
        if calls == failing:
            raise LookupError("nowhere")
        return 0

    cases = case(), case("headline")
    records = kind.run(kind.module(run), *cases, turns=3, run_up_ns=10)
    assert kinds(records) == expected
    assert (records[-1]["case"], records[-1]["reason"]) == ("headline", "crash")
    assert "nowhere" in records[-1]["message"]


def test_what_is_alive_is_read_after_the_last_turn(kind: Kind, clock: FakeClock) -> None:
    calls, seen = [], []

    def run(params: Any, probe: Any) -> int:
        calls.append(clock.now)
        return 0

    kind.run(kind.module(run), case(), turns=3, after_last_sample=lambda: seen.append(len(calls)))
    assert seen == [3]
