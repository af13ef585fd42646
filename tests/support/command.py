"""The command in a process of its own, and the processes that it leaves."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import psutil

from tests.support import shared

# Runs a command in this process; the fixture `invoke` says what it returns.
Invoke = Callable[..., tuple[int, str, str]]


def command(*arguments: object) -> list[str]:
    """Return the command line of `loombench` for this interpreter."""
    entry = "from harness.cli import entry; entry()"
    return [sys.executable, "-c", entry, *map(str, arguments)]


def own_cache() -> dict[str, str]:
    """Return variables that keep what a command remembers apart from what those of the user do.

    Go and matplotlib would have to make all of theirs anew, so they keep it where it is.
    """
    return {
        "XDG_CACHE_HOME": str(Path(os.environ[shared.FOLDER]) / "cache"),
        "GOCACHE": find_go_cache(),
        "MPLCONFIGDIR": mpl.get_cachedir(),
    }


def find_go_cache() -> str:
    """Return where Go keeps what it has compiled."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return os.environ.get("GOCACHE") or str(Path(base) / "go-build")


def marked(name: str, value: str) -> list[psutil.Process]:
    """Return the living processes that have this in their environment, inherited at least.

    A session of its own does not hide a child from that, and neither does the end of its parent.
    """
    found = []
    for process in psutil.process_iter():
        try:
            is_one = process.environ().get(name) == value
            if is_one and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found
