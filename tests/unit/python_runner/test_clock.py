"""runner.clock with real processes: descendants count, and an unknown time is None."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from runner import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_NS = 50_000_000
BUSY = f"""
import subprocess, sys, time
if sys.argv[1:] == ["parent"]:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", sys.orig_argv[-2]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    print(child.pid, child.stdout.readline(), flush=True)
else:
    while time.process_time_ns() < {BUSY_NS}:
        pass
    print("busy enough", flush=True)
sys.stdin.read()
"""

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux reports the CPU time of other processes"
)


@contextmanager
def busy_child(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], bytes]]:
    """Run a child that has used CPU time and is still alive; yield it and the line it printed."""
    command = [sys.executable, "-I", "-S", "-c", BUSY, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield child, child.stdout.readline()
        finally:
            child.stdin.close()


def used_since(before: int | None) -> int:
    after = clock.cpu_ns()
    assert before is not None
    assert after is not None
    return after - before


def test_time_is_monotonic_and_in_nanoseconds() -> None:
    readings = [clock.now_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert all(isinstance(reading, int) for reading in readings)


def test_cpu_time_includes_this_process() -> None:
    before, own = clock.cpu_ns(), time.process_time_ns()
    while time.process_time_ns() < own + 5_000_000:
        pass
    assert used_since(before) >= 5_000_000


@linux
def test_cpu_time_includes_a_living_child() -> None:
    before = clock.cpu_ns()
    with busy_child():
        assert used_since(before) >= BUSY_NS


@linux
def test_cpu_time_includes_a_child_that_was_waited_for() -> None:
    before = clock.cpu_ns()
    with busy_child():
        pass
    # The time of a child that has ended is counted in ticks of 10 ms, user and system.
    assert used_since(before) >= BUSY_NS - 20_000_000


@linux
def test_cpu_time_includes_a_living_grandchild() -> None:
    before = clock.cpu_ns()
    with busy_child("parent"):
        assert used_since(before) >= BUSY_NS


@linux
def test_descendants_are_found_at_any_depth() -> None:
    with busy_child("parent") as (child, printed):
        grandchildren = clock.descendants(child.pid)
        assert grandchildren == [int(printed.split()[0])]
        found = clock.descendants(clock.os.getpid())
        assert {child.pid, *grandchildren} <= set(found)


@linux
def test_the_threads_of_a_process_without_children_are_not_listed() -> None:
    code = (
        f"import sys; sys.path.insert(0, {clock.__file__.rsplit('/', 2)[0]!r}); "
        "from runner import clock; clock.os.listdir = None; "
        "assert clock.descendants(clock.os.getpid()) == []"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, timeout=60)


def test_a_process_that_does_not_exist_has_no_descendants() -> None:
    assert clock.descendants(2**22 + 1) == []


def test_the_cpu_time_of_a_process_that_has_ended_is_zero() -> None:
    assert clock._process_cpu_ns(2**22 + 1) == 0


def test_cpu_time_is_unknown_if_children_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    monkeypatch.setattr(clock.sys, "platform", "elsewhere")
    monkeypatch.setattr(multiprocessing, "active_children", lambda: ["a child"])
    assert clock.cpu_ns() is None


def test_cpu_time_is_known_if_there_are_no_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import multiprocessing

    monkeypatch.setattr(clock.sys, "platform", "elsewhere")
    monkeypatch.setattr(multiprocessing, "active_children", list)
    assert clock.cpu_ns() is not None
