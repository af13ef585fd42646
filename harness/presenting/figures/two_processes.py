"""Write files in two processes, so that drawing keeps a run waiting for half as long."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")

_SET_PARENT_DEATH_SIGNAL = 1  # from <linux/prctl.h>
_LARGEST = 65_536  # bytes that a pipe holds


def write_shared(
    write: Callable[[Sequence[Item]], list[Path]],
    items: Sequence[Item],
    stop: Callable[[], bool] = lambda: False,
) -> list[Path]:
    """Call `write` with every other item here, and with the others in a copy of this process.

    Returns the paths that both return. What the copy fails at is written here, and raises here.
    Where forking is not safe, all is written here.
    """
    mine, others = items[::2], items[1::2]
    if not others or not _is_safe():
        return write(items)
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of numpy wait for work
        copy = os.fork()
    if copy == 0:
        _write_in_copy(write, others, writer)
    os.close(writer)
    try:
        written = write(mine)
    except BaseException:
        os.kill(copy, signal.SIGKILL)
        raise
    finally:
        if stop():
            os.kill(copy, signal.SIGTERM)  # it stops before its next file, as this process does
        with os.fdopen(reader, "rb") as pipe:
            named = os.fsdecode(pipe.read()).splitlines()
        _, status = os.waitpid(copy, 0)
    if status != 0 and not stop():
        return written + write(others)
    return written + list(map(Path, named))


def _is_safe() -> bool:
    """Return whether this process can be copied: another thread may hold a lock."""
    has_cores = (os.cpu_count() or 1) > 1
    return sys.platform == "linux" and has_cores and threading.active_count() == 1


def _write_in_copy(
    write: Callable[[Sequence[Item]], list[Path]], items: Sequence[Item], writer: int
) -> NoReturn:
    """Write, tell which files, and end without what the copied process does at its end."""
    code = 1
    try:
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        paths = write(items)
        os.write(writer, os.fsencode("\n".join(map(str, paths)))[:_LARGEST])
        code = 0
    finally:
        os._exit(code)
