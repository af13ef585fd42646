"""Locks that one process holds until it ends, however it ends."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator


class HeldError(Exception):
    """Another process holds the lock; the message says which, and since when."""


class Lock:
    """An advisory lock on a file, which names its holder. The system releases it at the end."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises HeldError, or OSError if the file cannot be written."""
        self._file = path.open("a+", encoding="utf-8")
        try:
            if fcntl is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read(200).strip() or "another process"
            self._file.close()
            raise HeldError(holder) from None
        self._file.truncate(0)
        self._file.write(
            f"process {os.getpid()} since {datetime.now().astimezone():%Y-%m-%d %H:%M:%S}\n"
        )
        self._file.flush()

    def release(self) -> None:
        """Release the lock."""
        self._file.close()


@contextmanager
def measuring_alone(*, beside: bool = False) -> Iterator[bool]:
    """Be the only one of this user who measures on this machine; yields whether that is so.

    Raises Problem if another process measures, unless `beside` allows it.
    """
    try:
        lock = Lock(_machine_lock_path())
    except OSError:  # nowhere to write: nobody else can have written there either
        yield True
        return
    except HeldError as holder:
        if not beside:
            raise Problem(
                f"another run is being measured by {holder}; two at once disturb each other. Wait"
                " until it has ended, or measure anyway with --beside, which marks the run",
                Exit.NOT_POSSIBLE,
            ) from None
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def _machine_lock_path() -> Path:
    folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    user = os.getuid() if hasattr(os, "getuid") else 0
    return Path(folder) / f"loombench-{user}.lock"
