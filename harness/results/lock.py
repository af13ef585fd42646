"""A lock that one process holds until it ends, however it ends."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from pathlib import Path


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
