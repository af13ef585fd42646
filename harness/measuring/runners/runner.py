"""Runners and the implementations that they offer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant
from harness.catalog.workload import order_models
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from harness.measuring.runners import protocol


@dataclass(frozen=True)
class Offer:
    """An implementation that a runner offers."""

    contestant: Contestant
    runner: str
    source: str
    unavailable: str | None = None  # why it cannot run on this machine
    files: tuple[str, ...] = ()  # besides `source`


@dataclass(frozen=True)
class Runner:
    """An executable that implements the runner protocol, with its description."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    description: protocol.Description
    folder: Path | None = None  # home and working directory of an external runner; None: our own
    files: tuple[str, ...] = ()  # in its folder, besides sources, whose changes matter
    lean: tuple[str, ...] = ()  # the command of a smaller program for `lean_workloads`
    lean_workloads: frozenset[str] = frozenset()
    runtime: str = DEFAULT_RUNTIME  # label

    def command_for(self, workload: str) -> tuple[str, ...]:
        """Return the command for trials of a workload."""
        return self.lean if workload in self.lean_workloads else self.command

    def path_in_run(self, file: str) -> str:
        """Return the name of a file in a run; for external runners it contains the runner's."""
        return file if self.folder is None else f"{self.name}: {file}"

    def digests(self, sources: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of sources and other files of this runner, by `path_in_run`."""
        home = self.folder or ROOT
        return {
            self.path_in_run(file): hashlib.sha256((home / file).read_bytes()).hexdigest()
            for file in (*sources, *self.files)
        }


@dataclass
class Runners:
    """All runners of this machine, and the models that no runner can run, with the reasons."""

    found: dict[str, Runner] = field(default_factory=dict)
    missing_models: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    load_command: tuple[str, ...] = ()  # the load generator; empty: not available
    load_missing: str = ""  # why the load generator is not available
    is_incomplete: bool = False  # part of a runner that the user named cannot be used

    @property
    def models(self) -> tuple[str, ...]:
        """All models, those of external runners after our own."""
        return order_models(
            implementation.model
            for runner in self.found.values()
            for implementation in runner.description.implementations
        )

    def offers(self) -> Iterable[Offer]:
        """Yield all implementations of all runners."""
        for runner in self.found.values():
            reasons = {
                model.model: units.printable(model.reason)
                for model in runner.description.unavailable
            }
            for offered in runner.description.implementations:
                yield Offer(
                    Contestant(offered.workload, offered.model, offered.variant, runner.runtime),
                    runner.name,
                    offered.source,
                    reasons.get(offered.model),
                    offered.files,
                )
