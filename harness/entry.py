"""The console script `loombench`. It imports nothing slow: Ctrl-C must be silent from the start."""

from __future__ import annotations

import sys
from importlib import import_module

_INTERRUPTED = 130  # harness.errors.Exit, which is not imported yet


def entry() -> None:
    """Import the command line and run it; what is interrupted outside a command ends silently."""
    try:
        import_module("harness.cli").entry()  # the folder above all others
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
