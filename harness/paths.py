"""Where the repository is. The harness reads and builds only below it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKLOADS = ROOT / "harness" / "workloads"
