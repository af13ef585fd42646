"""runner.footprint: counters come from inside the process, and owe nothing to its parent."""

from __future__ import annotations

import builtins
import gc
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from runner import footprint
from tests.support.planted.bench import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MIB = 2**20
CHILD = "from runner import footprint; print(footprint.peak_bytes())"
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak this way")


@linux
def test_the_peak_counts_what_was_held_and_given_back() -> None:
    more = f"held = bytearray(b'x') * {100 * MIB}; del held; {CHILD}"
    peaks = [
        int(
            subprocess.check_output(
                [sys.executable, "-P", "-S", "-c", script],
                env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
            )
        )
        for script in (CHILD, more)
    ]
    assert peaks[1] - peaks[0] > 95 * MIB


@linux
def test_usage_tells_every_counter_that_the_protocol_names() -> None:
    assert set(footprint.usage()) == {
        "peak_bytes", "user_ns", "system_ns", "voluntary_switches", "involuntary_switches",
        "minor_faults", "major_faults", "gc_collections",
    }  # fmt: skip
    assert all(type(value) is int and value >= 0 for value in footprint.usage().values())


def test_garbage_collections_are_counted() -> None:
    before = footprint.usage()["gc_collections"]
    gc.collect()
    assert footprint.usage()["gc_collections"] > before


# --- the tree


@contextmanager
def workers(count: int, mib: int) -> Iterator[None]:
    """Fork workers that share what this process holds then, `mib` MiB, and write to none of it."""
    held = bytearray(b"x") * (mib * MIB)
    ends = [os.pipe() for _ in range(count)]
    forked = []
    for read, _ in ends:
        pid = os.fork()
        if pid == 0:
            for _, write in ends:
                os.close(write)
            os.read(read, 1)  # until the parent closes its end, also by dying
            os._exit(0)
        forked.append(pid)
    try:
        yield
    finally:
        for read, write in ends:
            os.close(read)
            os.close(write)
        for pid in forked:
            os.waitpid(pid, 0)
        del held


@linux
def test_the_tree_counts_what_workers_share_once() -> None:
    script = """
from runner import footprint
from tests.unit.python_runner.test_footprint import MIB, workers
with workers(0, 100):
    alone = footprint.tree()
with workers(3, 100):
    shared = footprint.tree()
print(alone["pss_processes"], shared["pss_processes"])
print((shared["pss_bytes"] - alone["pss_bytes"]) // MIB)
"""
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "python")])},
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout.split()
    assert [int(one) for one in said[:2]] == [1, 4]
    assert 0 <= int(said[2]) < 50  # and not 300


@pytest.mark.parametrize("refusal", [PermissionError, FileNotFoundError])
def test_a_tree_that_cannot_be_weighed_is_left_out_and_not_zero(
    monkeypatch: pytest.MonkeyPatch, refusal: type[OSError]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise refusal

    monkeypatch.setattr(footprint, "open", refuse, raising=False)
    assert footprint.tree() == {}


@linux
def test_a_process_that_ends_while_the_tree_is_weighed_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(footprint.clock, "descendants", lambda pid: [2**22 + 1])
    assert footprint.tree()["pss_processes"] == 1


def test_descendants_that_a_system_does_not_list_are_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    assert footprint.tree() == {}


# --- what is not known


def without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(footprint, "open", refuse, raising=False)


def without_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *more: Any, **others: Any) -> Any:
        if name == "resource":
            raise ImportError
        return real(name, *more, **others)

    monkeypatch.setattr(builtins, "__import__", refuse)


def without_proc_and_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proc(monkeypatch)
    monkeypatch.setitem(sys.modules, "psutil", None)


def test_where_the_kernel_does_not_tell_the_peak_psutil_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_proc(monkeypatch)
    told = footprint.peak_bytes()
    assert told is not None
    assert told > 2**20


@pytest.mark.parametrize(
    ("lack", "absent"),
    [(without_proc_and_psutil, "peak_bytes"), (without_resource, "user_ns")],
    ids=["proc", "resource"],
)
def test_what_the_platform_does_not_tell_is_left_out_and_not_zero(
    monkeypatch: pytest.MonkeyPatch,
    lack: Callable[[pytest.MonkeyPatch], None],
    absent: str,
) -> None:
    lack(monkeypatch)
    counters = footprint.usage()
    assert absent not in counters
    assert "gc_collections" in counters
