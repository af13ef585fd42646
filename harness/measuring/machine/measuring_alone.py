"""One run at a time is measured on a machine."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem
from harness.results.lock import HeldError, Lock

if TYPE_CHECKING:
    from collections.abc import Iterator

ANOTHER_RUN = "another run"  # what took CPU time, for `Trial.disturbed`


@contextmanager
def measuring_alone(*, beside: bool = False) -> Iterator[bool]:
    """Take this user's lock on measuring on this machine; yields whether this process has it.

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
