"""The command, whose budget is spent once a file exists: `ended_by_file.py FILE PATIENCE_S ...`.

A host that has not answered for PATIENCE_S seconds and five times the usual block is given up.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import entry
from harness.measuring.fleet import dispatch
from harness.measuring.processes.running_time import Budget

if TYPE_CHECKING:
    from collections.abc import Sequence


def command(file: Path, patience_s: float, arguments: Sequence[object]) -> list[str]:
    """Return the command line, for the root of the project as its folder."""
    module = [sys.executable, "-m", "tests.support.ended_by_file"]
    return [*module, *map(str, (file, patience_s, *arguments))]


if __name__ == "__main__":
    _, _file, _patience_s, *sys.argv[1:] = sys.argv
    dispatch._LEAST_SLOW_S = float(_patience_s)
    Budget.is_spent = property(lambda _: Path(_file).exists())  # type: ignore[assignment,method-assign]
    entry()
