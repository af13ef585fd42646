"""Run `loombench` on a file system that becomes read-only: `read_only.py FLAG FOLDER ARGUMENT...`.

A real one refuses to become read-only as long as a file on it is open for writing, unless its disk
is broken. So this refuses what such a file system would, below FOLDER, once the file FLAG exists.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Any

_CHANGES = {
    *("os.mkdir", "os.rename", "os.symlink", "os.link", "os.remove", "os.rmdir", "os.truncate"),
    *("os.chmod", "os.utime"),
}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


def imitate(flag: Path, folder: Path) -> None:
    """Refuse changes below the folder from the moment on at which the flag is there."""
    sync = os.fsync

    def is_below(path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False  # a descriptor
        return os.path.realpath(os.fsdecode(path)).startswith(f"{folder}{os.sep}")

    def refuse_changes(event: str, details: tuple[Any, ...]) -> None:
        is_change = event in _CHANGES or (event == "open" and details[2] & _WRITES)
        if is_change and flag.exists() and any(map(is_below, details[:2])):
            raise _refusal()

    def refuse_sync(descriptor: int) -> None:
        if flag.exists():
            raise _refusal()
        sync(descriptor)

    os.fsync = refuse_sync
    sys.addaudithook(refuse_changes)


def _refusal() -> OSError:
    return OSError(errno.EROFS, os.strerror(errno.EROFS))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from harness.cli import entry

    flag, folder, *arguments = sys.argv[1:]
    imitate(Path(flag), Path(folder).resolve())
    sys.argv = ["loombench", *arguments]
    entry()
