"""The planted runners from outside, and how a test has them say something else."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from harness.catalog import workload_file
from harness.measuring.runners import external, manifest
from harness.measuring.runners.runner import Runners
from harness.paths import ROOT, WORKLOADS

PLANTED = ROOT / "tests" / "support" / "external"


def toml(folder: Path, name: str = "counting", **changes: Any) -> Path:
    """Write the file that names the Python runner of a folder; what is None is left out."""
    keys = {
        "command": [sys.executable, "-E", "-s", "-S", "runner.py"],
        "workloads": ["workloads"],
        **changes,
    }
    env = keys.pop("env", {})
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None]
    lines += [f"env.{key} = {json.dumps(value)}" for key, value in env.items()]
    file = folder / manifest.FILE
    file.write_text("\n".join([f"[runners.{name}]", *lines, ""]), encoding="utf-8")
    return file


def says(home: Path, **changes: object) -> None:
    """Have the runner describe itself otherwise."""
    (home / "description.json").write_text(json.dumps(changes), encoding="utf-8")


def one(**changes: object) -> dict[str, object]:
    return {"workload": "tally", "model": "py-loop", "source": "runner.py", **changes}


def joined(*named: Path, known: Runners | None = None) -> Runners:
    """Return what is there after joining the runners to those that are known."""
    found = known or Runners()
    declared = manifest.read_files(named)
    own = workload_file.load_folder(WORKLOADS)
    external.add_runners(found, declared, external.add_workloads(declared, own))
    return found


def offered(found: Runners) -> list[tuple[str, str, str]]:
    return [
        (offer.contestant.workload, offer.contestant.model, offer.contestant.variant)
        for offer in found.offers()
    ]
