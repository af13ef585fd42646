"""Trials of servers, most of them bad ones: each is a status with a message, and nothing stays."""

from __future__ import annotations

import resource
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.measuring.servers import load_driver
from harness.results.records import Cell, Status, Trial
from harness.statistics.metrics import trial_value
from tests.support.planted.bench import MARK, Bench, at_most, left_of, planted, runner, workload
from tests.support.planted.served import DRAINED, SERVED

if TYPE_CHECKING:
    from harness.measuring.runners.runner import Runners

pytestmark = pytest.mark.usefixtures("quick_looks")


def bench(
    mark: str, load_command: tuple[str, ...], text: str = SERVED, timeout_s: float = 10
) -> Bench:
    """Return a bench on which the model of a cell is the way in which its server misbehaves."""
    return Bench(
        workloads={"served": workload(timeout_s, text, "served")},
        runner_of=lambda cell: runner(planted(cell.model, "serving"), {MARK: mark}),
        seed=1,
        load_command=load_command,
    )


def generator(way: str, mark: str) -> tuple[str, ...]:
    """Return the command of a planted load generator."""
    return ("/usr/bin/env", f"{MARK}={mark}", *planted(way, "asking"), "load")


def trial(of: Bench, way: str = "good", case: str = "headline") -> Trial:
    before = threading.active_count()  # other tests may have left idle threads in a pool
    with at_most(15):
        done = of.trial(Cell(Contestant("served", way), case), 0, 0)
    assert done is not None
    assert threading.active_count() == before
    return done


@pytest.fixture
def real(ours: Runners) -> tuple[str, ...]:
    if not ours.load_command:
        pytest.skip(ours.load_missing)
    return ours.load_command


# --- with the load generator itself


def test_a_good_server_is_measured(mark: str, real: tuple[str, ...]) -> None:
    done = trial(bench(mark, real))
    assert (done.status, done.message) == (Status.OK, "")
    assert [(one.loop, one.warmup) for one in done.phases] == [
        ("closed", True), ("closed", False), ("closed", False), ("open", False),
    ]  # fmt: skip
    assert [one.warmup for one in done.samples] == [True, False, False]
    assert done.usage["server_cpu_ns"] == 7_000
    assert (done.exit_ns, done.load["server_cores"]) != (None, "")
    served = workload(10, SERVED, "served")
    for metric in served.metrics.values():
        value = trial_value(metric, served.resolve(done.cell.case, done.cell.model), done)
        assert value is not None
        assert value > 0


def test_a_good_server_passes_its_check(mark: str, real: tuple[str, ...]) -> None:
    done = trial(bench(mark, real), case="check")
    assert (done.status, done.message, done.warnings) == (Status.OK, "", ())


IN_CHECK = "in the check case: "
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
    done = trial(bench(mark, real), way)
    assert (done.status, done.message[: len(message)]) == (status, message)


def test_a_server_that_leaves_a_process_behind_is_warned_of(
    mark: str, real: tuple[str, ...]
) -> None:
    done = trial(bench(mark, real), "leave_a_process")
    assert (done.status, done.message) == (Status.OK, "")
    assert "left 1 processes running; they were killed" in done.warnings


HANGS = {
    "never_listen": ": it never sent `listening` in the check case",
    "ignore_stop": ", although it was asked to stop in the check case",
    "listen_elsewhere_and_ignore_stop": "; before that in the check case, connect: 127.0.0.1:",
}


@pytest.mark.parametrize("way", HANGS)
def test_a_server_that_hangs_is_a_timeout_that_says_how_far_it_came(
    mark: str, real: tuple[str, ...], way: str
) -> None:
    done = trial(bench(mark, real, timeout_s=1), way)
    assert done.status is Status.TIMEOUT
    assert done.message.startswith(f"not finished after 1 s{HANGS[way]}")


def test_a_server_that_ignores_the_stop_line_is_told_so(mark: str, real: tuple[str, ...]) -> None:
    done = trial(bench(mark, real, timeout_s=1), "ignore_stop", "check")
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 1 s, although it was asked to stop",
    )


def test_too_few_open_files_of_the_generator_are_said_by_it(
    mark: str, real: tuple[str, ...]
) -> None:
    limited = ("/bin/sh", "-c", 'ulimit -n 60; exec "$0" "$@"', *real)
    done = trial(bench(mark, limited))
    assert (done.status, done.message) == (
        Status.UNSUPPORTED,
        IN_CHECK + "open files: found a limit of 60, expected at least 66 for 2 connections"
        " (ulimit -n)",
    )


# --- before anything is started


def test_too_few_open_files_are_said_before_with_the_number_needed(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (50, 60))
    done = trial(bench(mark, ("/no/such/command",)))
    assert (done.status, done.message, done.wall_ns) == (
        Status.UNSUPPORTED,
        "open files: found a limit of 60, expected at least 68 for 4 connections, in the server"
        " as in the load generator (ulimit -Hn)",
        0,
    )


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ((50, 100), [(68, 100)]),
        ((50, resource.RLIM_INFINITY), [(68, resource.RLIM_INFINITY)]),
        ((68, 68), []),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), []),
    ],
)
def test_a_limit_of_open_files_that_may_be_raised_is(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised: list[tuple[int, int]]
) -> None:
    was: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, now: was.append(now))
    case = workload(10, SERVED, "served").cases["headline"]
    assert load_driver.find_obstacle(case, ("generator",)) is None
    assert was == raised


def test_without_a_load_generator_no_server_is_started(mark: str) -> None:
    done = trial(bench(mark, ()))
    assert (done.status, done.message) == (Status.UNSUPPORTED, "there is no load generator here")


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
        IN_CHECK + "the load generator sent an invalid histogram: not an HdrHistogram: ",
    ),
}


@pytest.mark.parametrize("way", GENERATORS)
def test_a_generator_that_fails_is_a_status_with_a_message(mark: str, way: str) -> None:
    status, message = GENERATORS[way]
    done = trial(bench(mark, generator(way, mark)))
    assert (done.status, done.message[: len(message)]) == (status, message)


def test_a_generator_that_cannot_be_started_is_said(mark: str) -> None:
    done = trial(bench(mark, ("/no/such/command",)))
    assert done.status is Status.UNSUPPORTED
    assert done.message.startswith(IN_CHECK + "the load generator cannot be started: ")
    assert "/no/such/command" in done.message


def test_a_generator_that_hangs_is_ended_with_its_server(mark: str) -> None:
    done = trial(bench(mark, generator("hang_connected", mark), timeout_s=1))
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 1 s: it never sent `listening`",
    )


def test_what_a_generator_leaves_behind_is_ended(mark: str) -> None:
    done = trial(bench(mark, generator("leave_a_process", mark), timeout_s=1))
    assert done.warnings == ("left 1 processes running; they were killed",)


def test_a_generator_at_its_limit_is_a_warning(mark: str) -> None:
    done = trial(bench(mark, generator("be_busy", mark)))
    assert (done.status, done.warnings) == (
        Status.OK,
        (
            "client limited: the load generator used 99% of its CPU time, so the server could"
            " have done more",
        ),
    )


def test_processor_time_of_a_generator_that_is_not_known_is_no_fault(mark: str) -> None:
    done = trial(bench(mark, generator("know_no_processor_time", mark)))
    assert (done.status, done.message, done.warnings) == (Status.OK, "", ())
    assert {one.cpu_ns for one in done.phases} == {None}


# --- interrupts


@pytest.mark.parametrize("way", ["orderly", "hang_connected"])
def test_an_interrupted_trial_of_a_server_is_none_whoever_hears_of_it_first(
    mark: str, way: str
) -> None:
    hanging = bench(mark, generator(way, mark))
    before = threading.active_count()
    stopped = replace(hanging, interrupted=lambda: threading.active_count() > before)
    with at_most(15):
        assert stopped.trial(Cell(Contestant("served", "good"), "headline"), 0, 0) is None
    assert left_of(mark) == []


def test_an_interrupt_that_only_the_generator_hears_of_is_an_interrupt(mark: str) -> None:
    main = threading.current_thread()
    hanging = bench(mark, generator("hang_connected", mark))
    stopped = replace(hanging, interrupted=lambda: threading.current_thread() is not main)
    with at_most(15):
        assert stopped.trial(Cell(Contestant("served", "good"), "headline"), 0, 0) is None


# --- draining


def drained(mark: str, way: str, generator_way: str = "orderly", timeout_s: float = 10) -> Trial:
    return trial(bench(mark, generator(generator_way, mark), DRAINED, timeout_s), way)


@pytest.mark.parametrize(("way", "lost"), [("orderly", 0), ("lose_some", 3)])
def test_a_server_that_drains_is_heard_out_after_its_end(mark: str, way: str, lost: int) -> None:
    done = drained(mark, "drain", way)
    assert (done.status, done.message) == (Status.OK, "")
    assert [one.loop for one in done.phases] == ["drain"]
    served = workload(10, DRAINED, "served")
    assert (
        trial_value(served.metrics["lost"], served.resolve(done.cell.case, done.cell.model), done)
        == lost
    )
    assert done.exit_ns is not None
    assert 0 < done.exit_ns < done.wall_ns


def test_a_server_that_drains_is_measured(mark: str, real: tuple[str, ...]) -> None:
    done = trial(bench(mark, real, DRAINED), "drain")
    assert (done.status, done.message) == (Status.OK, "")
    served = workload(10, DRAINED, "served")
    for name in ("lost", "exit"):
        assert (
            trial_value(served.metrics[name], served.resolve(done.cell.case, done.cell.model), done)
            is not None
        )


def test_a_server_that_ignores_sigterm_is_a_timeout_that_says_so(mark: str) -> None:
    done = trial(bench(mark, generator("orderly", mark), DRAINED, 1), "ignore_sigterm", "check")
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 1 s, although it was asked to stop",
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
    done = drained(mark, "return_before_the_signal")
    assert (done.status, done.message) == (
        Status.CRASH,
        "it stopped serving before it was asked to",
    )
    assert done.exit_ns is None


def test_a_draining_server_that_never_listens_gets_no_signal(mark: str) -> None:
    done = drained(mark, "never_listen", timeout_s=0.5)
    assert (done.status, done.message) == (
        Status.TIMEOUT,
        "not finished after 0.5 s: it never sent `listening` in the check case",
    )
