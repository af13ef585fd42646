"""runner.clock with real processes: what descendants use counts, and what is unknown is None."""

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
    below = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", sys.orig_argv[-2]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )
    print(below.pid, below.stdout.readline(), flush=True)
else:
    while time.process_time_ns() < {BUSY_NS}:
        pass
    print("busy enough", flush=True)
sys.stdin.read()
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of other processes")


@contextmanager
def busy(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], bytes]]:
    """Run a child that has used some processor time and is alive; yields it and what it said."""
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


def test_time_is_monotonic_and_counts_nanoseconds() -> None:
    readings = [clock.now_ns() for _ in range(1000)]
    assert readings == sorted(readings)
    assert all(isinstance(reading, int) for reading in readings)


def test_processor_time_counts_this_process() -> None:
    before, own = clock.cpu_ns(), time.process_time_ns()
    while time.process_time_ns() < own + 5_000_000:
        pass
    assert used_since(before) >= 5_000_000


@linux
def test_a_living_child_is_counted() -> None:
    before = clock.cpu_ns()
    with busy():
        assert used_since(before) >= BUSY_NS


@linux
def test_a_child_that_was_waited_for_is_counted() -> None:
    before = clock.cpu_ns()
    with busy():
        pass
    assert used_since(before) >= BUSY_NS - 20_000_000  # in ticks of 10 ms, user and system


@linux
def test_a_living_grandchild_is_counted() -> None:
    before = clock.cpu_ns()
    with busy("parent"):
        assert used_since(before) >= BUSY_NS


@linux
def test_descendants_are_found_at_any_depth() -> None:
    with busy("parent") as (child, said):
        below = clock.descendants(child.pid)
        assert below == [int(said.split()[0])]
        found = clock.descendants(clock.os.getpid())
        assert {child.pid, *below} <= set(found)


def test_a_process_that_does_not_exist_has_no_descendants() -> None:
    assert clock.descendants(2**22 + 1) == []


def test_a_process_that_has_ended_counts_nothing() -> None:
    assert clock._other_ns(2**22 + 1) == 0


def test_where_children_cannot_be_read_the_time_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    import multiprocessing

    monkeypatch.setattr(clock.sys, "platform", "elsewhere")
    monkeypatch.setattr(multiprocessing, "active_children", lambda: ["a child"])
    assert clock.cpu_ns() is None


def test_where_children_cannot_be_read_but_none_exist_the_time_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import multiprocessing

    monkeypatch.setattr(clock.sys, "platform", "elsewhere")
    monkeypatch.setattr(multiprocessing, "active_children", list)
    assert clock.cpu_ns() is not None
