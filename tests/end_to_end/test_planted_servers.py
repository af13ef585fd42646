"""Trials of servers, most of them bad ones: each is a status with a message, and nothing stays."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.load_driver import LoadDriver
from harness.measuring.servers.load_protocol import LoadReport
from harness.results.records import Status, Trial
from tests.support.metric_values import metric_value
from tests.support.planted.bench import LateAfter, left_of, patiently, workload
from tests.support.planted.served import (
    DRAINED,
    IN_CHECK,
    bench_of_servers,
    cell,
    generator,
    trial_of_server,
)

pytestmark = pytest.mark.usefixtures("quick_looks")


# --- with load generators that misbehave


GENERATORS = {
    "end_at_once": (
        Status.CRASH,
        IN_CHECK + "the load generator ended early: no such thing",
    ),
    "end_without_a_word": (
        Status.CRASH,
        IN_CHECK + "the load generator ended early: exit code 0",
    ),
    "say_garbage": (
        Status.CRASH,
        IN_CHECK + "the load generator was stopped: it broke the protocol: JSON is malformed",
    ),
    "nest_too_deep": (
        Status.CRASH,
        IN_CHECK + "the load generator was stopped: it broke the protocol: ",
    ),
    "refuse": (Status.UNSUPPORTED, IN_CHECK + "open files: found a limit of 80, expected at"),
    "send_a_damaged_distribution": (
        Status.CRASH,
        IN_CHECK + "the load generator sent an invalid histogram: not an HdrHistogram:",
    ),
}


@pytest.mark.parametrize("way", GENERATORS)
def test_a_generator_that_fails_is_a_status_with_a_message(mark: str, way: str) -> None:
    status, message = GENERATORS[way]
    done = trial_of_server(bench_of_servers(mark, generator(way, mark)))
    assert (done.status, done.message[: len(message)]) == (status, message)


def test_a_generator_that_cannot_be_started_is_reported(mark: str) -> None:
    done = trial_of_server(bench_of_servers(mark, ("/no/such/command",)))
    assert done.status is Status.UNSUPPORTED
    assert done.message.startswith(IN_CHECK + "the load generator cannot be started: ")
    assert "/no/such/command" in done.message


def test_a_generator_that_hangs_is_ended_with_its_server(mark: str, late_after: LateAfter) -> None:
    late_after(LoadReport, "receive_line", b"connected")
    done = trial_of_server(bench_of_servers(mark, generator("hang_connected", mark)))
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 60 s: it never sent `listening`",
    )


def test_orphans_of_a_generator_are_ended(mark: str, late_after: LateAfter) -> None:
    late_after(LoadReport, "receive_line", b"connected")
    done = trial_of_server(bench_of_servers(mark, generator("leave_a_process", mark)))
    assert done.warnings == ("left 1 processes running; they were killed",)


def test_a_generator_at_its_limit_is_a_warning(mark: str) -> None:
    done = trial_of_server(bench_of_servers(mark, generator("be_busy", mark)))
    assert (done.status, done.warnings) == (
        Status.OK,
        (
            "client limited: the load generator used 99% of its CPU time, so the server could"
            " have done more",
        ),
    )


def test_a_generator_without_known_cpu_time_is_ok(mark: str) -> None:
    done = trial_of_server(bench_of_servers(mark, generator("know_no_processor_time", mark)))
    assert (done.status, done.message, done.warnings) == (Status.OK, "", ())
    assert {one.cpu_ns for one in done.phases} == {None}


# --- interrupts


@pytest.mark.parametrize("way", ["orderly", "hang_connected"])
def test_an_interrupted_trial_of_a_server_is_none_whichever_side_notices_first(
    mark: str, way: str
) -> None:
    hanging = bench_of_servers(mark, generator(way, mark))
    before = threading.active_count()
    stopped = replace(hanging, interrupted=lambda: threading.active_count() > before)
    with patiently():
        assert stopped.trial(cell(), 0, 0) is None
    assert left_of(mark) == []


def test_an_interrupt_noticed_only_beside_the_generator_counts(mark: str) -> None:
    main = threading.current_thread()
    hanging = bench_of_servers(mark, generator("hang_connected", mark))
    stopped = replace(hanging, interrupted=lambda: threading.current_thread() is not main)
    with patiently():
        assert stopped.trial(cell(), 0, 0) is None


# --- draining


def drained(mark: str, way: str, generator_way: str = "orderly") -> Trial:
    return trial_of_server(bench_of_servers(mark, generator(generator_way, mark), DRAINED), way)


@pytest.mark.parametrize(("way", "lost"), [("orderly", 0), ("lose_some", 3)])
def test_requests_lost_by_a_draining_server_are_counted_after_its_end(
    mark: str, way: str, lost: int
) -> None:
    done = drained(mark, "drain", way)
    assert (done.status, done.message) == (Status.OK, "")
    assert [one.loop for one in done.phases] == ["drain"]
    served = workload(10, DRAINED, "served")
    assert metric_value(served, "lost", done) == lost
    assert done.exit_ns is not None
    assert 0 < done.exit_ns < done.wall_ns


def test_a_server_that_ignores_sigterm_is_a_timeout_that_says_so(
    mark: str, late_after: LateAfter
) -> None:
    late_after(LoadDriver, "_stop")
    done = trial_of_server(
        bench_of_servers(mark, generator("orderly", mark), DRAINED), "ignore_sigterm", "check"
    )
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 60 s, although it was asked to stop",
    )


def test_a_server_that_sigterm_ends_has_crashed(mark: str) -> None:
    done = drained(mark, "be_ended_by_sigterm")
    assert (done.status, done.message) == (
        Status.CRASH,
        "ended by signal 15 before it had finished",
    )


def test_a_server_that_dies_while_it_drains_has_crashed(mark: str) -> None:
    done = drained(mark, "drain_and_die")
    assert (done.status, done.message) == (
        Status.CRASH,
        "ended with exit code 5 before it had finished",
    )


def test_a_server_that_returns_before_sigterm_is_sent_gets_none(mark: str) -> None:
    # The signal would come in the middle of the load or at its end, so both must be far away.
    text = DRAINED.replace("rate_ms = 40\n", "rate_ms = 600_000\n")
    bench = bench_of_servers(mark, generator("stay", mark), text)
    done = trial_of_server(bench, "return_before_the_signal")
    assert (done.status, done.message) == (
        Status.CRASH,
        "it stopped serving before it was asked to",
    )
    assert done.exit_ns is None


def test_a_draining_server_that_never_listens_gets_no_signal(
    mark: str, late_after: LateAfter
) -> None:
    late_after(Transcript, "receive")
    done = drained(mark, "never_listen")
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 60 s: it never sent `listening` in the check case",
    )
