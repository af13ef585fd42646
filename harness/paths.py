"""Where the repository is. The harness reads and builds only below it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "harness" / "workloads"


def cache_folder() -> Path:
    """Return where to keep what can be made again; it cannot exist if there is no home folder."""
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
