"""A pytest hook: collecting tests starts no process, builds nothing and reads no stored run.

What a test needs is made by a fixture, when the test runs. So `--collect-only` and `-k` are quick,
and a test can be chosen where another one could not even be prepared.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

import pytest

from harness.results.store import PACKED_FILE, TRIALS_FILE

_STARTS = {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "subprocess.Popen"}
# What libraries ask at import: trio for a library, matplotlib for fonts where it has no list yet.
_OF_LIBRARIES = {("/sbin/ldconfig",), ("fc-list",), ("system_profiler",)}
_collecting = False


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    if not _collecting:
        return
    if event in _STARTS and args[:1] not in _OF_LIBRARIES:
        raise RuntimeError(f"collecting tests must start no process; found {event}{args[:1]}")
    if event == "open" and str(args[0]).endswith((TRIALS_FILE, PACKED_FILE)):
        raise RuntimeError(f"collecting tests must read no stored run; found {args[0]!r}")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Turn what a module does at import, and may not do, into an error of that module."""
    global _collecting  # noqa: PLW0603 - an audit hook cannot be taken away again
    sys.addaudithook(_refuse)
    _collecting = True
    try:
        return (yield)
    finally:
        _collecting = False
