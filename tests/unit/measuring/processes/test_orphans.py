"""What children leave running, in whatever session: it is ended, counted and reaped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING

import psutil
import pytest

from harness.catalog.contestant import Contestant
from harness.measuring.processes import child, orphans, watchdog
from harness.results.records import Cell, Status
from tests.support.planted.bench import (
    MARK,
    ROOT,
    bench,
    left_of,
    marked,
    new_mark,
    patiently,
    planted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMITS = child.Limits(timeout_s=60, memory_bytes=2**40)
REQUEST = b'{"cases": [{"id": "check", "warmup": 0, "iterations": 1}]}\n'
MIB = 2**20


@pytest.fixture
def adopts() -> None:
    if not orphans._become_subreaper():
        pytest.skip("this system hands over no orphans")


adopting = pytest.mark.usefixtures("adopts")


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The mark of all processes that a test starts; none may be left, and none unreaped."""
    monkeypatch.setattr(child, "_TICK_S", 0.02)
    monkeypatch.setattr(child, "_GRACE_S", 0.2)
    watchdog.marker_env()  # who watches is started with the first child, and stays
    before = set(psutil.Process().children())
    mark = new_mark()
    yield mark
    monkeypatch.undo()
    left = left_of(mark)
    for process in left:
        process.kill()
    assert left == []
    assert set(psutil.Process().children()) <= before


def run(
    way: str,
    mark: str,
    limits: child.Limits = LIMITS,
    on_line: Callable[[bytes], str] = lambda line: "",
) -> child.ChildResult:
    env = {**os.environ, MARK: mark}
    with patiently():
        return child.run([*planted(way), "run"], env, REQUEST, limits, on_line)


NOBODY = 2**22 + 1  # no process has so large an id


def reap(monkeypatch: pytest.MonkeyPatch, *others: int) -> None:
    """Reap what was handed to this process though it did not know, and leave others alone."""
    if sys.platform.startswith("linux"):
        with monkeypatch.context() as patched:
            patched.setattr(orphans, "_unrelated", orphans._unrelated | set(others))
            orphans._end_adopted(NOBODY, 5)


@adopting
@pytest.mark.parametrize(
    ("way", "left"),
    [
        ("good", 0),
        ("leave_a_child", 1),
        ("leave_a_child_in_another_session", 1),
        ("leave_a_daemon", 1),
        ("leave_a_family", 3),
        ("leave_a_zombie", 0),
    ],
)
def test_orphans_in_any_session_are_ended_and_counted(mark: str, way: str, left: int) -> None:
    ended = run(way, mark)
    assert (ended.returncode, ended.stopped, ended.orphan_count) == (0, "", left)


@adopting
def test_whom_an_orphan_leaves_while_it_is_reaped_is_ended_too(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of our children is read, then one of them ends, and its own child becomes ours."""
    condemned: list[tuple[int, int]] = []
    kill, list_children = os.kill, orphans._children

    def children_then_an_end() -> frozenset[int]:
        found = list_children()
        while condemned:
            pid, number = condemned.pop()
            kill(pid, number)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        return found

    monkeypatch.setattr(os, "kill", lambda *of: condemned.append(of))
    monkeypatch.setattr(orphans, "_children", children_then_an_end)
    assert run("leave_a_family", mark).orphan_count == 3


@adopting
def test_orphans_of_a_killed_child_in_another_session_are_ended(mark: str) -> None:
    limits = child.Limits(timeout_s=60, memory_bytes=2**40)

    def be_late(line: bytes) -> str:  # once the daemon is there
        limits.timeout_s = 0
        return ""

    ended = run("hang_with_a_daemon", mark, limits, be_late)
    assert (ended.stopped, ended.orphan_count) == ("timeout", 1)


@adopting
def test_a_trial_that_leaves_a_daemon_has_a_warning(mark: str) -> None:
    with patiently():
        trial = bench(mark=mark).trial(Cell(Contestant("planted", "leave_a_daemon"), "check"), 0, 0)
    assert trial is not None
    assert trial.status is Status.OK
    assert trial.warnings == ("left 1 processes running; they were killed",)


@pytest.mark.parametrize("by_group", [False, True], ids=["adopting", "by group"])
def test_other_children_of_this_process_are_left_alone(
    mark: str, monkeypatch: pytest.MonkeyPatch, *, by_group: bool
) -> None:
    if by_group:
        monkeypatch.setattr(orphans, "_become_subreaper", lambda: False)
    command = [sys.executable, "-S", "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as other:
        assert run("leave_a_child", mark).orphan_count == 1
        reap(monkeypatch, other.pid)
        assert other.poll() is None
        assert other.communicate(b"\n") == (None, None)
    assert other.returncode == 0  # and its exit code was not taken away either


def test_without_a_subreaper_the_process_group_is_ended(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "_become_subreaper", lambda: False)
    assert run("leave_a_child", mark).orphan_count == 1
    reap(monkeypatch)
    assert run("good", mark).orphan_count == 0


@pytest.mark.parametrize("lack", ["prctl", "the list of children", "Linux"])
def test_a_system_without_subreapers_is_detected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, lack: str
) -> None:
    class Libc:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    match lack:
        case "prctl":
            monkeypatch.setattr(orphans.ctypes, "CDLL", Libc)
        case "Linux":
            monkeypatch.setattr(orphans.sys, "platform", "darwin")
        case _:
            monkeypatch.setattr(orphans, "_TASKS", tmp_path)
    assert not orphans._become_subreaper.__wrapped__()


@adopting
def test_without_orphans_no_other_process_is_inspected(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dear(*_: object) -> None:
        raise AssertionError("this takes milliseconds")

    monkeypatch.setattr(psutil, "process_iter", dear)
    monkeypatch.setattr(time, "sleep", dear)
    ended = orphans.start_child(lambda: SimpleNamespace(pid=NOBODY))
    assert orphans.end_orphans(ended.pid, 0.2) == 0


@adopting
def test_an_orphan_that_cannot_be_killed_is_given_up(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "_GIVE_UP_S", 0.05)
    gone = orphans.start_child(lambda: SimpleNamespace(pid=NOBODY))
    command = [sys.executable, "-S", "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as stubborn:
        with monkeypatch.context() as patched:
            patched.setattr(os, "kill", lambda *_: None)
            assert orphans.end_orphans(gone.pid, 0.01) == 1
        assert stubborn.poll() is None
        stubborn.kill()
    assert stubborn.returncode == -signal.SIGKILL


@adopting
def test_neither_of_two_children_is_taken_for_an_orphan_of_the_other(mark: str) -> None:
    """As a server and who asks it: the second ends first, and has left something."""
    inner: list[child.ChildResult] = []

    def meanwhile() -> bool:
        if not inner:
            inner.append(run("leave_a_child", mark))  # of its own group, so it is known as its own
            inner.append(run("leave_a_daemon", mark))  # which is told only when all have ended
        return True

    env = {**os.environ, MARK: mark}
    with patiently():
        outer = child.run(
            [*planted("hang_at_once"), "run"], env, REQUEST, LIMITS, lambda line: "", meanwhile
        )
    assert [one.orphan_count for one in inner] == [1, 0]
    assert [one.returncode for one in inner] == [0, 0]
    assert (outer.stopped, outer.returncode) == ("interrupt", -signal.SIGKILL)
    assert outer.orphan_count == 1


@adopting
def test_orphans_of_a_child_are_ended_though_another_child_is_started_meanwhile(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reap_orphans = orphans._reap_orphans
    others = ["good"]

    def meanwhile(group: int, **more: bool) -> list[int]:
        if others:
            run(others.pop(), mark)
        return reap_orphans(group, **more)

    monkeypatch.setattr(orphans, "_reap_orphans", meanwhile)
    assert run("leave_a_child", mark).orphan_count == 1


@adopting
def test_children_of_many_threads_are_not_mixed_up(mark: str) -> None:
    ways = ["good", "leave_a_child", "exit_at_once", "leave_a_zombie"] * 3
    env = {**os.environ, MARK: mark}

    def one(way: str) -> tuple[int, str]:
        ended = child.run([*planted(way), "run"], env, REQUEST, LIMITS, lambda line: "")
        return ended.returncode, ended.stopped

    with patiently(), ThreadPoolExecutor(4) as pool:
        found = list(pool.map(one, ways))
    assert found == [(3 if way == "exit_at_once" else 0, "") for way in ways]
    assert orphans._watched == set()


HARNESS = """
import sys
from harness.measuring.processes import child
from tests.support.planted.bench import planted
limits = child.Limits(timeout_s=60, memory_bytes=2**40)
child.run([*planted(sys.argv[1]), "run"], {sys.argv[2]: sys.argv[3]}, b"{}\\n", limits,
    lambda line: print("heard", flush=True) or "")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows whose a process is")
@pytest.mark.parametrize("way", ["never_read", "hang_ignoring_signals", "hang_with_a_daemon"])
def test_the_watchdog_ends_children_that_do_not_notice_the_death_of_the_harness(
    mark: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    command = [sys.executable, "-c", HARNESS, way, MARK, mark]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with patiently(), subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"heard\n"
        assert marked(mark)
        harness.kill()
        harness.wait()
        assert left_of(mark) == []
    if orphans._become_subreaper():  # and then they are given to this process
        reap(monkeypatch)


def test_the_marker_of_children_always_has_the_same_length() -> None:
    for value in watchdog.marker_env().values():
        assert len(value) == 32
    assert watchdog.marker_env() == watchdog.marker_env()


def test_without_what_it_needs_there_is_no_watchdog(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(watchdog.subprocess, "Popen", refuse)
    assert watchdog._start_watchdog.__wrapped__() == {}
    monkeypatch.setattr(watchdog.sys, "platform", "darwin")
    assert watchdog._start_watchdog.__wrapped__() == {}


def test_a_hundred_megabytes_of_standard_error_use_no_memory_and_fail_no_trial(mark: str) -> None:
    tracemalloc.start()
    try:
        with patiently():
            trial = bench(mark=mark).trial(
                Cell(Contestant("planted", "flood_standard_error"), "check"), 0, 0
            )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert trial is not None
    assert trial.status is Status.OK
    assert most < 4 * MIB


def test_lines_that_arrive_in_pieces_are_joined(mark: str) -> None:
    with patiently():
        trial = bench(mark=mark).trial(
            Cell(Contestant("planted", "good_in_pieces"), "headline"), 0, 0
        )
    assert trial is not None
    assert (trial.status, len(trial.samples)) == (Status.OK, 3)
