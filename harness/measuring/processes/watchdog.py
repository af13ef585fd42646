"""Ends what a harness has started when the harness itself was killed and could not do it.

A runner of ours dies with the harness by itself. One from outside may not look at its standard
input, and a daemon in a session of its own hears of nothing. So on Linux a small process waits
for the end of the harness, uses no processor until then, and ends what carries its mark.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

VARIABLE = "LOOMBENCH_HARNESS"  # every child inherits it, and so does all that a child starts
_PROC = Path("/proc")
_LOOK_S = 0.01
_GIVE_UP_S = 10.0


@cache
def mark() -> dict[str, str]:
    """Return what the environment of each child must hold; empty where nobody watches.

    The first call starts the one who watches. A mark is always of the same length, since the size
    of an environment moves the memory of a process.
    """
    if not sys.platform.startswith("linux") or not (_PROC / "self" / "environ").exists():
        return {}
    token = secrets.token_hex(16)
    try:
        # It holds none of our pipes, and stands outside our group: Ctrl-C is not for it. Its
        # standard input ends when we do, however that comes about.
        _watching.append(
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
    atexit.register(_dismiss)
    return {VARIABLE: token}


_watching: list[subprocess.Popen[bytes]] = []  # kept, since its standard input must stay open


def _dismiss() -> None:
    """Let the one who watches go, when we end in order; it looks once more, and nobody is left."""
    for process in _watching:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
    _watching.clear()


def watch(token: str) -> None:
    """Wait for the end of standard input, then end all that carries this mark."""
    while os.read(0, 1):
        pass
    deadline = time.monotonic() + _GIVE_UP_S
    while (found := marked(token)) and time.monotonic() < deadline:
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK_S)


def marked(token: str) -> list[int]:
    """Return the living processes that carry a mark."""
    wanted = f"{VARIABLE}={token}".encode()
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):  # ended, or somebody else's
                # Of a process that has ended and is not reaped, it reads as empty.
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


if __name__ == "__main__":
    watch(sys.argv[1])
