"""What the machine lacks is named with its remedy, and excuses only what it explains."""

from __future__ import annotations

import errno
import os
import resource
import socket
import tempfile
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.measuring import trials
from harness.measuring.machine import essentials
from harness.measuring.machine.essentials import diagnose_essentials, find_lack
from harness.measuring.servers.load_driver import find_obstacle
from harness.results.records import Cell, Status
from tests.support.planted.bench import bench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Take = Callable[[str], None]


@pytest.fixture
def take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Take:
    """Take something away from the machine."""

    def refuse(number: int) -> None:
        def connect(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(socket.socket, "connect", connect)

    def use_folder(folder: Path) -> None:
        monkeypatch.setattr(tempfile, "tempdir", str(folder))

    def use_long_folder() -> None:
        (folder := tmp_path / ("x" * 100)).mkdir()
        use_folder(folder)

    takers = {
        "loopback": lambda: refuse(errno.ENETUNREACH),
        "ports": lambda: refuse(errno.EADDRNOTAVAIL),
        "limits": lambda: monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64)),
        "short TMPDIR": use_long_folder,
        "TMPDIR": lambda: use_folder(tmp_path / "missing"),
        "shared memory": lambda: monkeypatch.setattr(
            essentials, "_SHARED_MEMORY", str(tmp_path / "missing")
        ),
    }
    return lambda name: takers[name]()


@pytest.mark.parametrize(
    ("lack", "error", "remedy"),
    [
        ("loopback", "connect: network is unreachable", "ip link set lo up"),
        ("ports", "OSError: [Errno 99] Cannot assign requested address", "ip_local_port_range"),
        ("ports", "[Errno 98] Address already in use", "ip_local_port_range"),
        ("limits", "OSError: [Errno 24] Too many open files", "ulimit -n"),
        ("limits", "RuntimeError: can't start new thread", "ulimit -u"),
        ("short TMPDIR", "OSError: AF_UNIX path too long", "set TMPDIR"),
        ("TMPDIR", "[Errno 30] Read-only file system: '/x/pymp-1'", "set TMPDIR"),
        ("shared memory", "[Errno 13] Permission denied: '/x/sem'", "mount a tmpfs"),
    ],
)
def test_an_error_that_a_lack_explains_has_the_remedy_and_no_other_error_has(
    take: Take, lack: str, error: str, remedy: str
) -> None:
    assert find_lack(error) == ""  # this machine has it
    take(lack)
    assert remedy in find_lack(error)
    assert find_lack("ZeroDivisionError: division by zero") == ""


@pytest.mark.parametrize(
    ("lack", "name"),
    [
        ("loopback", "loopback"),
        ("ports", "local ports"),
        ("short TMPDIR", "temporary folder"),
        ("TMPDIR", "temporary folder"),
        ("shared memory", "shared memory"),
    ],
)
def test_doctor_looks_for_each_lack(take: Take, lack: str, name: str) -> None:
    take(lack)
    assert [found.name for found in diagnose_essentials() if found.advice] == [name]


def test_a_crash_that_a_lack_explains_is_unsupported(
    monkeypatch: pytest.MonkeyPatch, mark: str
) -> None:
    monkeypatch.setattr(trials, "find_lack", lambda text: f"lacking for {text.splitlines()[0]!r}")
    for way, status in (("fail_in_the_case", Status.UNSUPPORTED), ("wrong_once", "wrong_answer")):
        trial = bench(mark=mark).trial(Cell(Contestant("planted", way), CHECK), 0, 0)
        assert trial is not None
        assert trial.status is Status(status)
        assert ("lacking for 'it was crash'" in trial.message) == (trial.status != "wrong_answer")


def test_without_a_loopback_no_server_is_started(take: Take) -> None:
    take("loopback")
    obstacle = find_obstacle(SimpleNamespace(params={"connections": 1}), ("load",))  # type: ignore[arg-type]
    assert obstacle is not None
    assert obstacle.status is Status.UNSUPPORTED
    assert "ip link set lo up" in obstacle.message
