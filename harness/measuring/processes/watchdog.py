"""A process that kills all children of the harness if the harness itself was killed.

Our own runners end with the harness. An external runner may not watch its standard input, and a
daemon in a session of its own does not notice. So on Linux a small process waits for the end of the
harness, without using the CPU, and then kills every process that has the harness's token in its
environment.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from functools import cache
from pathlib import Path

VARIABLE = "LOOMBENCH_HARNESS"  # inherited by all descendants
_PROC = Path("/proc")
_POLL_S = 0.01
_GIVE_UP_S = 10.0
_starting = threading.Lock()


def marker_env() -> dict[str, str]:
    """Return the variables for the environment of each child; empty without a watchdog.

    The first call starts the watchdog, once however many threads start children.
    """
    with _starting:
        return _start_watchdog()


@cache
def _start_watchdog() -> dict[str, str]:
    """Start the watchdog, and return the variable with its token.

    The token always has the same length, because the size of
    the environment moves the memory of a process.
    """
    if not sys.platform.startswith("linux") or not (_PROC / "self" / "environ").exists():
        return {}
    token = secrets.token_hex(16)
    try:
        # It holds none of our pipes and is outside our process group, so Ctrl-C does not reach it.
        # Its standard input is closed when this process ends, for whatever reason.
        _watchdogs.append(
            subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, token],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={},
                start_new_session=True,
            )
        )
    except OSError:
        return {}
    atexit.register(_stop_watchdog)
    return {VARIABLE: token}


_watchdogs: list[subprocess.Popen[bytes]] = []  # kept so that standard input stays open


def _stop_watchdog() -> None:
    """Stop the watchdog at a normal exit. It searches once more and finds nothing."""
    for process in _watchdogs:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    _watchdogs.clear()


def watch(token: str) -> None:
    """Wait for the end of standard input, then kill all processes with this token."""
    while os.read(0, 1):
        pass
    deadline = time.monotonic() + _GIVE_UP_S
    while (pids := find_marked(token)) and time.monotonic() < deadline:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL_S)


def find_marked(token: str) -> list[int]:
    """Return the ids of living processes with this token in their environment."""
    wanted = f"{VARIABLE}={token}".encode()
    pids = []
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # it has ended, or belongs to another user
                # The environment of a zombie reads as empty.
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    pids.append(int(folder.name))
    return pids


if __name__ == "__main__":
    watch(sys.argv[1])
