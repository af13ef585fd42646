"""Where the repository is: everything that the harness reads or builds is below it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "harness" / "workloads"
