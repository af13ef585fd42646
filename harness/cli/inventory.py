"""Open the inventory for a command, with its warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli.console import note, warn
from harness.measuring.inventory import Inventory
from harness.measuring.processes.environment import parse_passed
from harness.measuring.runners.go_build import install_go

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def open_inventory(
    runners: Sequence[Path] = (),
    envs: Sequence[str] = (),
    runtimes: Sequence[str] = (),
    *,
    remembered: bool = False,
) -> Inventory:
    """Open the inventory, and warn about what cannot be used. May install Go."""
    install_go(note)
    passed = parse_passed(envs)
    inventory = Inventory.open(runners, passed, runtimes, remembered=remembered, tell=warn)
    for problem in inventory.runners.problems:
        warn(problem)
    return inventory
