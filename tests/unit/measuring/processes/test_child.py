"""harness.child with processes that misbehave: whatever they do, it ends, and nothing is left."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from harness.measuring.processes import child
from tests.support.planted.bench import HANGS, MARK, patiently, planted

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("quick_looks")

SOON = child.Limits(timeout_s=0.2, memory_bytes=2**40)
LATE = child.Limits(timeout_s=60, memory_bytes=2**40)
REQUEST = b'{"cases": [{"id": "check", "warmup": 0, "iterations": 1}]}\n'


@dataclass
class Place:
    """Where the children of one test run; `heard` are the lines they wrote."""

    mark: str
    heard: list[bytes] = field(default_factory=list)

    def run(
        self,
        way: str,
        limits: child.Limits = LATE,
        *,
        request: bytes = REQUEST,
        on_line: Callable[[bytes], str] = lambda line: "",
        **more: Any,
    ) -> child.ChildResult:
        def hear(line: bytes) -> str:
            self.heard.append(line)
            return on_line(line)

        env = {**os.environ, MARK: self.mark}
        with patiently():
            return child.run([*planted(way), "run"], env, request, limits, hear, **more)


@pytest.fixture
def place(mark: str) -> Place:
    """Whatever a test does here, its processes must be gone at its end."""
    return Place(mark)


def first_line_is(place: Place) -> Callable[[], bool]:
    return lambda: bool(place.heard)


def test_a_good_child_is_read_line_by_line_and_ends_by_itself(place: Place) -> None:
    ended = place.run("good")
    assert (ended.returncode, ended.stopped, ended.orphan_count) == (0, "", 0)
    kinds = [line.split(b'"')[3] for line in place.heard]
    assert kinds == [b"started", b"sample", b"outcome", b"finished"]


def test_a_last_line_without_newline_is_read(place: Place) -> None:
    assert place.run("good_without_last_line_end").stopped == ""
    assert place.heard[-1] == b'{"kind": "finished"}'


@pytest.mark.parametrize("way", HANGS)
def test_a_child_that_hangs_is_killed_at_the_timeout(place: Place, way: str) -> None:
    ended = place.run(way, SOON)
    assert ended.stopped == "timeout"
    assert ended.returncode == -signal.SIGKILL


def test_a_child_that_never_reads_a_long_request_is_killed_at_the_timeout(place: Place) -> None:
    longer_than_a_pipe = b'"' + b"x" * 2**20 + b'"\n'
    assert place.run("never_read", SOON, request=longer_than_a_pipe).stopped == "timeout"


def test_a_child_may_end_without_having_read_a_long_request(place: Place) -> None:
    longer_than_a_pipe = b'"' + b"x" * 2**20 + b'"\n'
    ended = place.run("exit_at_once", request=longer_than_a_pipe)
    assert (ended.returncode, ended.stopped) == (3, "")


def test_output_before_the_timeout_is_read(place: Place) -> None:
    # Stopped by what it said, so that a slow machine cannot make it say less.
    place.run("hang_in_a_case", interrupted=lambda: len(place.heard) == 2)
    assert [b'"started"' in place.heard[0], b'"sample"' in place.heard[1]] == [True, True]


@pytest.mark.parametrize(
    ("way", "returncode"),
    [
        ("exit_at_once", 3),
        ("exit_after_samples", 3),
        ("exit_early_with_success", 0),
        ("exit_with_failure_after_finished", 4),
        ("close_all_then_exit", 7),
        ("signal_at_once", -signal.SIGUSR1),
        ("signal_in_a_case", -signal.SIGKILL),
    ],
)
def test_the_end_of_a_child_is_its_exit_code_or_signal(
    place: Place, way: str, returncode: int
) -> None:
    ended = place.run(way)
    assert (ended.returncode, ended.stopped) == (returncode, "")


def test_the_reason_of_on_line_stops_the_child_at_that_line(place: Place) -> None:
    ended = place.run("garbage", on_line=lambda line: "violation" if b"hello" in line else "")
    assert ended.stopped == "violation"
    assert place.heard[-1] == b"hello, world"


def test_a_torn_last_line_is_passed_on_and_may_be_refused(place: Place) -> None:
    ended = place.run(
        "partial_line", on_line=lambda line: "" if line.endswith(b"}") else "violation"
    )
    assert ended.stopped == "violation"
    assert place.heard[-1].endswith(b'"che')


def test_a_line_without_end_is_given_up(place: Place) -> None:
    ended = place.run("long_line")
    assert ended.stopped == "a line of more than 16 MiB on standard output"


def test_an_interrupt_stops_the_child(place: Place) -> None:
    ended = place.run("hang_in_a_case", interrupted=first_line_is(place))
    assert ended.stopped == "interrupt"
    assert ended.returncode == -signal.SIGKILL


def test_an_interrupt_stops_also_a_child_that_closed_its_outputs(place: Place) -> None:
    ended = place.run("hang_with_all_closed", interrupted=first_line_is(place))
    assert ended.stopped == "interrupt"


def test_on_tick_is_called_while_the_child_is_silent(place: Place) -> None:
    ticks: list[None] = []
    place.run(
        "hang_at_once", on_tick=lambda: ticks.append(None), interrupted=lambda: len(ticks) > 2
    )
    assert len(ticks) == 3


def test_a_child_that_allocates_memory_is_stopped_at_the_limit(place: Place) -> None:
    ended = place.run("eat_memory", child.Limits(timeout_s=60, memory_bytes=300 * 2**20))
    assert ended.stopped == "memory"


def test_the_memory_limit_applies_to_the_decrease_of_free_memory(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = iter([1000, 1000, 950, 899])
    available = lambda: SimpleNamespace(available=next(free))  # noqa: E731
    monkeypatch.setattr(child.psutil, "virtual_memory", available)
    ended = place.run("hang_at_once", child.Limits(timeout_s=60, memory_bytes=100))
    assert ended.stopped == "memory"
    assert list(free) == []


def test_only_the_end_of_standard_error_is_kept(place: Place) -> None:
    ended = place.run("flood_standard_error")
    assert ended.returncode == 0
    assert ended.stderr_end.endswith("and the last of them")
    assert len(ended.stderr_end) <= 4096
    assert len(place.heard) == 4


def test_standard_error_is_kept_when_the_child_is_killed(place: Place) -> None:
    assert place.run("exit_after_samples").stderr_end == "lost the thread"


@pytest.mark.parametrize("way", ["leave_a_child", "leave_a_child_that_holds_the_pipes"])
def test_a_process_that_outlives_the_child_is_counted_and_ended(place: Place, way: str) -> None:
    ended = place.run(way)
    assert (ended.returncode, ended.stopped, ended.orphan_count) == (0, "", 1)
    assert len(place.heard) == 4


def test_reading_the_rest_of_a_pipe_ends_though_others_still_write(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = os.read
    # A reader that is slower than the writers, so that the pipe is never found empty.
    monkeypatch.setattr(os, "read", lambda descriptor, most: whole(descriptor, min(most, 8)))
    limits = child.Limits(timeout_s=2, memory_bytes=2**40)
    assert place.run("leave_children_that_flood", limits).returncode == 0


def test_cpu_time_includes_the_processes_that_the_child_waited_for(place: Place) -> None:
    ended = place.run("burn")
    facts = dict(
        part.split(b": ") for part in place.heard[0].rsplit(b"{")[-1].strip(b"}").split(b", ")
    )
    inside = int(facts[b'"own_ns"']) + int(facts[b'"child_ns"'])
    assert inside >= 2 * 50_000_000
    assert ended.cpu_ns >= inside - 1_000_000  # the two clocks round differently


def test_the_cpu_time_of_one_child_is_not_counted_for_the_next(place: Place) -> None:
    burnt = place.run("burn").cpu_ns
    assert place.run("good").cpu_ns < burnt


def test_the_child_leads_a_session_of_its_own(place: Place) -> None:
    place.run("good")
    pid = int(place.heard[0].split(b'"pid": ')[1].split(b",")[0])
    with pytest.raises(ProcessLookupError):
        os.killpg(pid, 0)
    assert pid != os.getpgrp()


def test_an_error_in_on_line_leaves_no_child(place: Place) -> None:
    def fail(line: bytes) -> str:
        raise LookupError("a bug of ours")

    with pytest.raises(LookupError):
        place.run("hang_with_a_child", on_line=fail)


def test_a_handle_lists_the_child_and_its_descendants(place: Place) -> None:
    handle = child.Handle()
    listed: list[tuple[int, ...]] = []

    def look(line: bytes) -> str:
        listed.append(handle.list_processes())
        return "seen"

    place.run("hang_with_a_child", on_line=look, handle=handle)
    assert len(set(listed[0])) == 2


def test_a_command_that_does_not_exist_raises(place: Place) -> None:
    with pytest.raises(FileNotFoundError):
        child.run(["loombench-no-such-command"], {}, b"", LATE, lambda line: "")


def test_writing_to_an_ended_child_does_nothing(place: Place) -> None:
    handle = child.Handle()
    handle.write_line(b"before it was started\n")
    handle.terminate()
    assert handle.list_processes() == ()
    place.run("good", handle=handle)
    assert handle.list_processes() == ()
    handle.write_line(b"after its end\n")
    handle.terminate()  # which must reach nobody that has its process id by now
    with handle.detaching_when_reaped():
        assert handle._process is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to see a stop in")
def test_the_time_of_a_child_that_was_stopped_does_not_count(place: Place) -> None:
    ended = place.run("be_stopped_for_a_while", child.Limits(timeout_s=2, memory_bytes=2**40))
    assert (ended.returncode, ended.stopped) == (0, "")
    assert ended.stood_still_s > 0
    assert place.heard[-1] == b'{"kind": "finished", "usage": {"peak_bytes": 4096}}'


def test_a_child_that_nobody_continues_is_given_up_and_blamed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_LONGEST_STOP", 0.01)
    ended = place.run("be_stopped_for_good")
    assert (ended.stopped, ended.returncode) == (child.STANDSTILL, -signal.SIGKILL)
    assert ended.stood_still_s == 0
