"""Where the implementations are, and where what is built from them may be kept."""

from __future__ import annotations

import os
from pathlib import Path

_HARNESS = Path(__file__).resolve().parent
_PACKED = _HARNESS / "sources"  # a wheel has python/ and go/ there: pyproject.toml
IS_INSTALLED = _PACKED.is_dir()  # from a wheel, without a clone of the repository
ROOT = _PACKED if IS_INSTALLED else _HARNESS.parent  # has python/ and go/
WORKLOADS = _HARNESS / "workloads"


def cache_folder() -> Path:
    """Return the folder of this user's cache; one that cannot exist if there is no place for it."""
    home = os.environ.get("HOME") or os.devnull
    return Path(os.environ.get("XDG_CACHE_HOME") or f"{home}/.cache") / "loombench"


def shorten(path: Path) -> str:
    """Return a path as seen from the current directory, if there still is one."""
    return os.path.relpath(path) if has_working_directory() else str(path)


def has_working_directory() -> bool:
    """Return whether the current directory still exists."""
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False
