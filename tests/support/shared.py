"""A folder that all processes of a test session share, so that what is costly is made once."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

FOLDER = "TESTS_SHARED_FOLDER"  # the variable that names it, set by tests/conftest.py


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first process which asks for it has filled by `make`."""
    shared = Path(os.environ[FOLDER])
    folder, done = shared / name, shared / f"{name} is done"
    folder.mkdir(exist_ok=True)
    with (shared / f"{name} is locked").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder
