"""runner.session with a fake clock: what it samples and what it reports.

Each test runs for plain functions and for coroutine functions.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram

from tests.unit.python_runner.sessions import (
    FakeClock,
    Kind,
    case,
    records_of_kind,
    work_that_fails,
    work_that_takes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = Callable[..., Any]

MS = 1_000_000


# --- samples


def test_without_a_minimum_duration_a_sample_is_one_call(kind: Kind, clock: FakeClock) -> None:
    records = kind.work(work_that_takes(clock, 5), case(operations=6, warmup=1, iterations=2))
    assert [record["kind"] for record in records] == ["sample"] * 3 + ["outcome"]
    assert [record["iteration"] for record in records_of_kind(records, "sample")] == [0, 1, 2]
    assert [record["warmup"] for record in records_of_kind(records, "sample")] == [
        True,
        False,
        False,
    ]
    assert [record["elapsed_ns"] for record in records_of_kind(records, "sample")] == [5, 5, 5]
    assert [record["operations"] for record in records_of_kind(records, "sample")] == [6, 6, 6]


def test_calls_are_batched_until_a_sample_is_long_enough(kind: Kind, clock: FakeClock) -> None:
    requested = case(operations=2, min_sample_ns=20 * MS, warmup=1, iterations=2)
    records = records_of_kind(kind.work(work_that_takes(clock, MS), requested), "sample")
    assert [record["operations"] // 2 for record in records] == [1, 10, 24, 24, 24, 24]
    assert [record["warmup"] for record in records] == [True, True, True, True, False, False]
    assert [record["iteration"] for record in records] == list(range(6))
    assert all(record["elapsed_ns"] >= 20 * MS for record in records[2:])


def test_warm_up_ends_once_it_has_lasted_long_enough(kind: Kind, clock: FakeClock) -> None:
    records = kind.work(work_that_takes(clock, 30 * MS), case(warmup=8, iterations=1))
    warm_up = [record["warmup"] for record in records_of_kind(records, "sample")]
    assert warm_up == [True, True, False]


def test_a_batch_grows_at_most_tenfold_and_by_at_least_one_call(
    kind: Kind, clock: FakeClock
) -> None:
    records = records_of_kind(
        kind.work(work_that_takes(clock, 1), case(min_sample_ns=5_000)), "sample"
    )
    batches = [record["operations"] for record in records if record["warmup"]]
    growth = [later / earlier for earlier, later in pairwise(batches)]
    assert growth
    assert all(1 < factor <= 10 for factor in growth)


def test_a_batch_grows_even_if_the_clock_does_not_advance(kind: Kind, clock: FakeClock) -> None:
    calls = 0

    def run(params: Any, probe: Any) -> int:
        nonlocal calls
        calls += 1
        clock.now += 50 if calls > 11 else 0
        return 0

    records = records_of_kind(kind.work(run, case(min_sample_ns=20)), "sample")
    assert [record["operations"] for record in records if record["warmup"]] == [1, 10, 100]


def test_a_batch_does_not_grow_if_the_first_call_is_long_enough(
    kind: Kind, clock: FakeClock
) -> None:
    records = records_of_kind(
        kind.work(work_that_takes(clock, 30), case(min_sample_ns=20)), "sample"
    )
    assert [(record["operations"], record["warmup"]) for record in records] == [
        (1, True),
        (1, False),
    ]


def test_cpu_time_is_the_difference_over_the_sample(kind: Kind, clock: FakeClock) -> None:
    def run(params: Any, probe: Any) -> int:
        clock.cpu += 7
        return 0

    assert records_of_kind(kind.work(run, case()), "sample")[0]["cpu_ns"] == 7


def test_cpu_time_is_never_negative(kind: Kind, clock: FakeClock) -> None:
    def run(params: Any, probe: Any) -> int:
        clock.cpu -= 7  # as if a child process had ended that was counted before
        return 0

    assert records_of_kind(kind.work(run, case()), "sample")[0]["cpu_ns"] == 0


def test_unknown_cpu_time_is_null(kind: Kind, clock: FakeClock) -> None:
    clock.cpu_is_known = False
    assert (
        records_of_kind(kind.work(work_that_takes(clock, 1), case()), "sample")[0]["cpu_ns"] is None
    )


def test_each_case_gets_its_own_parameters_and_its_own_probe(kind: Kind) -> None:
    def run(params: Any, probe: Any) -> int:
        probe.observe("calls", params.n)
        return int(params.n)

    records = kind.work(run, case(params={"n": 5}), case("headline", params={"n": 2}))
    assert [
        (record["case"], record["value"], record["observed"])
        for record in records_of_kind(records, "outcome")
    ] == [("check", "5", {"calls": 5}), ("headline", "2", {"calls": 2})]


def test_what_comes_early_has_a_histogram_of_its_own(kind: Kind) -> None:  # W4
    def run(params: Any, probe: Any) -> int:
        for ns in (5_000, -2_000, 0):
            probe.latency(ns)
        return 0

    (told,) = records_of_kind(kind.work(run, case()), "latency")
    everything, early = (HdrHistogram.decode(told[name]) for name in ("hdr", "early_hdr"))
    counts = [everything.get_count_at_value(ns) for ns in (0, 2_000, 5_000)]
    assert (everything.get_total_count(), counts) == (3, [1, 1, 1])
    assert (early.get_total_count(), early.get_count_at_value(2_000)) == (1, 1)


def test_a_probe_keeps_the_largest_value_over_all_calls_of_a_case(kind: Kind) -> None:
    values = iter([2, 9, 4])

    def run(params: Any, probe: Any) -> int:
        probe.observe("in_flight", next(values))
        return 0

    records = kind.work(run, case(iterations=3))
    assert records_of_kind(records, "outcome")[0]["observed"] == {"in_flight": 9}


# --- answers


def test_equal_answers_give_one_outcome_with_their_digest(kind: Kind, clock: FakeClock) -> None:
    (outcome,) = records_of_kind(
        kind.work(work_that_takes(clock, 1, 20), case(iterations=5)), "outcome"
    )
    assert outcome["digest"] == hashlib.sha256(b"20").hexdigest()
    assert outcome["value"] == "20"


def test_each_distinct_answer_gives_an_outcome(kind: Kind) -> None:
    answers = iter([20, 21, 20])
    records = kind.work(lambda params, probe: next(answers), case(iterations=3))
    assert [record["value"] for record in records_of_kind(records, "outcome")] == ["20", "21"]


def test_a_wrong_answer_during_the_warm_up_is_reported(kind: Kind) -> None:
    answers = iter([21, 20, 20])
    records = kind.work(lambda params, probe: next(answers), case(warmup=1, iterations=2))
    assert [record["value"] for record in records_of_kind(records, "outcome")] == ["21", "20"]


@pytest.mark.parametrize("answer", [1.5, True, None, {1: 2}, b"x", object()])
def test_an_answer_of_a_wrong_type_is_an_error_of_its_case(kind: Kind, answer: Any) -> None:
    records = kind.work(lambda params, probe: answer, case())
    assert [(record["kind"], record["reason"]) for record in records] == [("error", "crash")]
    assert records[0]["message"].startswith("TypeError: answer: found ")


def test_a_plain_run_that_returns_a_coroutine_is_an_error(
    clock: FakeClock, recwarn: pytest.WarningsRecorder
) -> None:
    async def run(params: Any, probe: Any) -> int:
        return 0

    records = Kind(is_async=False).run(SimpleNamespace(run=run), case())
    assert records[0]["message"].startswith("TypeError: answer: found coroutine")


# --- failures


def test_an_exception_is_an_error_of_its_case_and_the_next_case_still_runs(kind: Kind) -> None:
    def run(params: Any, probe: Any) -> int:
        return 10 // int(params.by)

    records = kind.work(run, case(params={"by": 0}), case("headline", params={"by": 5}))
    assert [(record["kind"], record["case"]) for record in records] == [
        ("error", "check"),
        ("sample", "headline"),
        ("outcome", "headline"),
    ]
    assert records[0]["reason"] == "crash"
    assert records[0]["message"].startswith("ZeroDivisionError: ")


def test_the_traceback_goes_to_standard_error(
    kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    kind.work(work_that_fails(LookupError("nowhere")), case())
    assert "LookupError: nowhere" in capsys.readouterr().err


def test_samples_before_a_failure_are_kept(kind: Kind) -> None:
    answers = iter([1])
    records = kind.work(lambda params, probe: next(answers, None), case(iterations=2))
    assert [record["kind"] for record in records] == ["sample", "error"]


def test_the_message_for_a_group_is_that_of_the_error_with_its_reason(kind: Kind) -> None:
    inner = ExceptionGroup("more", [MemoryError("no room")])
    for error, message in (
        (ExceptionGroup("tasks", [LookupError("nowhere"), inner]), "MemoryError: no room"),
        (ExceptionGroup("tasks", [LookupError("nowhere"), OSError()]), "LookupError: nowhere"),
    ):
        (record,) = kind.work(work_that_fails(error), case())
        assert record["message"] == message


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "out_of_memory"),
        (ExceptionGroup("tasks", [ValueError(), MemoryError()]), "out_of_memory"),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [MemoryError()])]), "out_of_memory"),
        (ExceptionGroup("tasks", [ValueError()]), "crash"),
        (OSError("no more threads"), "crash"),
        (StopIteration(), "crash"),
        (StopAsyncIteration(), "crash"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_out_of_memory_is_distinguished_from_other_failures(
    kind: Kind, error: Exception, reason: str
) -> None:
    records = kind.work(work_that_fails(error), case(), case("headline"))
    assert [(record["kind"], record["reason"]) for record in records] == [("error", reason)] * 2
