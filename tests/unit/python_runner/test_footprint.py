"""runner.footprint: counters are read inside the process, and do not depend on its parent."""

from __future__ import annotations

import builtins
import gc
import os
import subprocess
import sys
import threading
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
def test_the_peak_includes_memory_that_was_freed() -> None:
    large_child = f"held = bytearray(b'x') * {100 * MIB}; del held; {CHILD}"
    peaks = [
        int(
            subprocess.check_output(
                [sys.executable, "-P", "-S", "-c", script],
                env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
            )
        )
        for script in (CHILD, large_child)
    ]
    assert peaks[1] - peaks[0] > 95 * MIB


@linux
def test_usage_has_every_counter_of_the_protocol() -> None:
    assert set(footprint.usage()) == {
        "peak_bytes", "user_ns", "system_ns", "voluntary_switches", "involuntary_switches",
        "minor_faults", "major_faults", "gc_collections",
    }  # fmt: skip
    assert all(type(value) is int and value >= 0 for value in footprint.usage().values())


def test_garbage_collections_are_counted() -> None:
    before = footprint.usage()["gc_collections"]
    gc.collect()
    assert footprint.usage()["gc_collections"] > before


# --- a tree of processes


@contextmanager
def workers(count: int, mib: int) -> Iterator[None]:
    """Fork workers that share `mib` MiB with this process and do not write to them."""
    held = bytearray(b"x") * (mib * MIB)
    ends = [os.pipe() for _ in range(count)]
    forked = []
    for read, _ in ends:
        pid = os.fork()
        if pid == 0:
            for _, write in ends:
                os.close(write)
            os.read(read, 1)  # returns when the parent closes its end or dies
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
def test_memory_shared_by_workers_counts_once() -> None:
    script = """
from runner import footprint
from tests.unit.python_runner.test_footprint import MIB, workers
with workers(0, 100):
    alone = footprint.tree_usage()
with workers(3, 100):
    shared = footprint.tree_usage()
print(alone["pss_processes"], shared["pss_processes"])
print((shared["pss_bytes"] - alone["pss_bytes"]) // MIB)
"""
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "python")])},
        capture_output=True,
        check=True,
        timeout=300,
    ).stdout.split()
    assert [int(count) for count in printed[:2]] == [1, 4]
    assert 0 <= int(printed[2]) < 50  # not 300


@linux
def test_a_thread_has_a_stack_in_the_kernel_and_page_tables() -> None:  # W6
    """The size of a stack agrees with that of all threads of this machine, which a file tells."""
    before = footprint.held_bytes()["kernel_bytes"]
    if before is None:
        pytest.skip("the size of a kernel stack is unknown on this processor")
    release = threading.Event()
    threads = [threading.Thread(target=release.wait) for _ in range(200)]
    for thread in threads:
        thread.start()
    after = footprint.held_bytes()["kernel_bytes"] or 0
    release.set()
    for thread in threads:
        thread.join()
    assert 16_384 <= (after - before) / 200 < 3 * 16_384


@pytest.mark.parametrize("refusal", [PermissionError, FileNotFoundError])
def test_a_tree_that_cannot_be_measured_is_omitted_and_not_zero(
    monkeypatch: pytest.MonkeyPatch, refusal: type[OSError]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise refusal

    monkeypatch.setattr(footprint, "open", refuse, raising=False)
    assert footprint.tree_usage() == {}


@linux
def test_a_process_that_ends_during_the_measurement_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(footprint.clock, "descendants", lambda pid: [2**22 + 1])
    assert footprint.tree_usage()["pss_processes"] == 1


def test_usage_is_omitted_if_the_system_does_not_list_descendants(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    assert footprint.tree_usage() == {}


# --- unknown values


def without_proc(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(footprint, "open", refuse, raising=False)


def without_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "resource":
            raise ImportError
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def without_proc_and_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proc(monkeypatch)
    monkeypatch.setitem(sys.modules, "psutil", None)


def test_psutil_gives_the_peak_if_the_kernel_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_proc(monkeypatch)
    peak = footprint.peak_bytes()
    assert peak is not None
    assert peak > 2**20


@pytest.mark.parametrize(
    ("remove", "absent"),
    [(without_proc_and_psutil, "peak_bytes"), (without_resource, "user_ns")],
    ids=["proc", "resource"],
)
def test_counters_that_the_platform_lacks_are_omitted_and_not_zero(
    monkeypatch: pytest.MonkeyPatch,
    remove: Callable[[pytest.MonkeyPatch], None],
    absent: str,
) -> None:
    remove(monkeypatch)
    counters = footprint.usage()
    assert absent not in counters
    assert "gc_collections" in counters
