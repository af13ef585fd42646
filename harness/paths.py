"""Where the repository is. The harness reads and builds only below it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "harness" / "workloads"


def shorten(path: Path) -> str:
    """Return a path as seen from the current directory, if there still is one."""
    return os.path.relpath(path) if has_working_directory() else str(path)


def has_working_directory() -> bool:
    """Return whether the current directory still exists."""
    try:
        return Path.cwd().is_dir()
    except FileNotFoundError:
        return False
