"""runner.footprint: counters come from inside the process, and owe nothing to its parent."""

from __future__ import annotations

import builtins
import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runner import footprint
from tests.planted.bench import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

MIB = 2**20
CHILD = "from runner import footprint; print(footprint.peak_bytes())"
PARENT = f"""
import subprocess, sys
held = bytearray(b"x") * (int(sys.argv[1]) * {MIB})
print(subprocess.check_output([sys.executable, "-P", "-S", "-c", {CHILD!r}]).decode())
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak this way")


def peak_below_a_parent_that_holds(mib: int) -> int:
    """Return the peak that a child of such a parent reports of itself."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", PARENT, str(mib)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        capture_output=True,
        check=True,
        timeout=20,
    )
    return int(done.stdout)


@linux
def test_the_peak_of_a_child_does_not_start_at_its_parents() -> None:
    small, large = (peak_below_a_parent_that_holds(mib) for mib in (0, 300))
    assert small > MIB
    assert abs(large - small) < 5 * MIB


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


@pytest.mark.parametrize(
    ("lack", "absent"),
    [(without_proc, "peak_bytes"), (without_resource, "user_ns")],
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
