"""Bad servers under the load generator itself: each is a status with a message."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.load_driver import LoadDriver
from harness.results.records import Status
from tests.support.metric_values import metric_value
from tests.support.planted.bench import LateAfter, workload
from tests.support.planted.served import (
    DRAINED,
    HURRIED,
    IN_CHECK,
    NOBODY,
    SERVED,
    bench_of_servers,
    trial_of_server,
)

if TYPE_CHECKING:
    from harness.measuring.runners.runner import Runners

pytestmark = pytest.mark.usefixtures("quick_looks")


@pytest.fixture
def real(ours: Runners) -> tuple[str, ...]:
    if not ours.load_command:
        pytest.skip(ours.load_missing)
    return ours.load_command


def test_a_good_server_is_measured(mark: str, real: tuple[str, ...]) -> None:
    done = trial_of_server(bench_of_servers(mark, real))
    assert (done.status, done.message) == (Status.OK, "")
    assert [(one.loop, one.warmup) for one in done.phases] == [
        ("closed", True), ("closed", False), ("closed", False), ("open", False),
    ]  # fmt: skip
    assert [one.warmup for one in done.samples] == [True, False, False]
    assert done.usage["server_cpu_ns"] == 7_000
    if sys.platform == "linux":
        assert all(one.cpu_ns and one.cpu_ns > 0 for one in done.samples)
    assert done.lateness
    assert (done.exit_ns, done.load["server_cores"]) != (None, "")
    served = workload(10, SERVED, "served")
    for metric in served.metrics:
        value = metric_value(served, metric, done)
        assert value is not None
        assert value > 0


def test_a_good_server_passes_its_check(mark: str, real: tuple[str, ...]) -> None:
    done = trial_of_server(bench_of_servers(mark, real), case="check")
    assert (done.status, done.message, done.warnings) == (Status.OK, "", ())


FAILURES = {
    "listen_elsewhere": (Status.CRASH, IN_CHECK + "connect: 127.0.0.1:"),
    "listen_nowhere": (Status.CRASH, "broke the protocol: listening: port 0, expected 1 to 65535"),
    "listen_twice": (
        Status.CRASH,
        "broke the protocol: listening, but no case is about to be served",
    ),
    "close_at_once": (
        Status.WRONG_ANSWER,
        IN_CHECK + "0 of 2 connections had only correct responses"
        " (6 closed too early, 4 reconnected)",
    ),
    "close_after_an_answer": (Status.WRONG_ANSWER, IN_CHECK + "0 of 2 connections"),
    "answer_wrongly": (
        Status.WRONG_ANSWER,
        IN_CHECK + "0 of 2 connections had only correct responses"
        " (6 with wrong bytes, 4 reconnected)",
    ),
    "answer_late": (
        Status.TIMEOUT,
        IN_CHECK + "0 of 2 connections had only correct responses (6 late",
    ),
    "find_the_port_taken": (Status.CRASH, IN_CHECK + "OSError: [Errno "),
    "fail_while_asked": (Status.CRASH, IN_CHECK + "OSError: too many"),
    "die_before_anybody_connects": (
        Status.CRASH,
        "ended with exit code 3 before it had finished",
    ),
    "die_midway": (Status.CRASH, "ended with exit code 3 before it had finished"),
    "return_midway": (Status.CRASH, IN_CHECK + "it stopped serving before it was asked to"),
}


@pytest.mark.parametrize("way", FAILURES)
def test_a_bad_server_is_a_status_with_a_message(
    mark: str, real: tuple[str, ...], way: str
) -> None:
    status, message = FAILURES[way]
    text = {"listen_elsewhere": NOBODY, "answer_late": HURRIED}.get(way, SERVED)
    done = trial_of_server(bench_of_servers(mark, real, text), way)
    assert (done.status, done.message[: len(message)]) == (status, message)


def test_a_server_that_leaves_a_process_behind_has_a_warning(
    mark: str, real: tuple[str, ...]
) -> None:
    done = trial_of_server(bench_of_servers(mark, real), "leave_a_process")
    assert (done.status, done.message) == (Status.OK, "")
    assert "left 1 processes running; they were killed" in done.warnings


HANGS = {
    "never_listen": ": it never sent `listening` in the check case",
    "ignore_stop": ", although it was asked to stop in the check case",
    "listen_elsewhere_and_ignore_stop": "; before that in the check case, connect: 127.0.0.1:",
}


@pytest.mark.parametrize("way", HANGS)
def test_a_server_that_hangs_is_a_timeout_that_describes_its_progress(
    mark: str, real: tuple[str, ...], way: str, late_after: LateAfter
) -> None:
    if way == "never_listen":
        late_after(Transcript, "receive")
    else:
        late_after(LoadDriver, "_stop")
    done = trial_of_server(bench_of_servers(mark, real, NOBODY), way)
    assert done.status is Status.TIMEOUT
    assert done.message.startswith(f"not finished after 60 s{HANGS[way]}")


def test_a_server_that_ignores_the_stop_line_is_a_timeout_that_says_so(
    mark: str, real: tuple[str, ...], late_after: LateAfter
) -> None:
    late_after(LoadDriver, "_stop")
    done = trial_of_server(bench_of_servers(mark, real), "ignore_stop", "check")
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 60 s, although it was asked to stop",
    )


def test_the_generator_reports_too_few_open_files(mark: str, real: tuple[str, ...]) -> None:
    limited = ("/bin/sh", "-c", 'ulimit -n 60; exec "$0" "$@"', *real)
    done = trial_of_server(bench_of_servers(mark, limited))
    assert (done.status, done.message) == (
        Status.UNSUPPORTED,
        IN_CHECK + "open files: found a limit of 60, expected at least 66 for 2 connections"
        " (ulimit -n)",
    )


def test_a_server_that_drains_is_measured(mark: str, real: tuple[str, ...]) -> None:
    done = trial_of_server(bench_of_servers(mark, real, DRAINED), "drain")
    assert (done.status, done.message) == (Status.OK, "")
    served = workload(10, DRAINED, "served")
    for name in ("lost", "exit"):
        assert metric_value(served, name, done) is not None
