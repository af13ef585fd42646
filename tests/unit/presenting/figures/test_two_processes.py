"""harness.presenting.figures.two_processes: a copy writes half, and hides no failure."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.presenting.figures import two_processes
from harness.presenting.figures.two_processes import write_shared

HERE = os.getpid()


@pytest.fixture(autouse=True)
def _safe(monkeypatch: pytest.MonkeyPatch) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("a process cannot be copied here")
    monkeypatch.setattr(two_processes, "_is_safe", lambda: True)


def write(paths: Sequence[Path]) -> list[Path]:
    for path in paths:
        path.write_text(str(os.getpid()), "utf-8")
    return list(paths)


def test_each_of_two_processes_writes_half(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abcde"]
    assert sorted(write_shared(write, paths)) == paths
    by_this = [path.read_text("utf-8") == str(HERE) for path in paths]
    assert by_this == [True, False, True, False, True]


def test_what_the_copy_fails_at_is_written_here(tmp_path: Path) -> None:
    def fail_in_copy(paths: Sequence[Path]) -> list[Path]:
        if os.getpid() != HERE:
            raise OSError("no space")
        return write(paths)

    paths = [tmp_path / name for name in "ab"]
    assert write_shared(fail_in_copy, paths) == paths
    assert [path.read_text("utf-8") for path in paths] == [str(HERE)] * 2


def test_a_failure_here_is_raised_and_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies, fork = [], os.fork

    def noted_fork() -> int:
        copies.append(fork())
        return copies[-1]

    monkeypatch.setattr(two_processes.os, "fork", noted_fork)

    def fail_here(paths: Sequence[Path]) -> list[Path]:
        if os.getpid() == HERE:
            raise OSError("no space")
        return write(paths)

    with pytest.raises(OSError, match="no space"):
        write_shared(fail_here, [tmp_path / name for name in "ab"])
    with pytest.raises(ChildProcessError):
        os.waitpid(copies[0], os.WNOHANG)
