"""A runner, what it offers, and all runners of this machine."""

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
    """An implementation that some runner offers, and why it cannot run here, if it cannot."""

    contestant: Contestant
    runner: str
    source: str
    unavailable: str | None = None


@dataclass(frozen=True)
class Runner:
    """An executable that speaks the protocol, and what it said of itself."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    description: protocol.Description
    folder: Path | None = None  # where an external runner is at home, and runs; None: one of ours
    files: tuple[str, ...] = ()  # what else of its folder a change would matter of
    lean: tuple[str, ...] = ()  # a smaller program, of the workloads that need no more
    lean_workloads: frozenset[str] = frozenset()
    runtime: str = DEFAULT_RUNTIME  # the label of what it runs implementations on

    def command_for(self, workload: str) -> tuple[str, ...]:
        """Return what to start for a trial of a workload."""
        return self.lean if workload in self.lean_workloads else self.command

    def named(self, file: str) -> str:
        """Return the name in a run of a file of this runner: of one from outside, with its own."""
        return file if self.folder is None else f"{self.name}: {file}"

    def digests(self, sources: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of each of its sources, by the name that it has in a run."""
        named = {self.named(file): file for file in (*sources, *self.files)}
        home = self.folder or ROOT
        return {
            name: hashlib.sha256((home / file).read_bytes()).hexdigest()
            for name, file in named.items()
        }


@dataclass
class Runners:
    """All runners of this machine, and the models for which there is none, with the reason."""

    found: dict[str, Runner] = field(default_factory=dict)
    missing_models: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    load_command: tuple[str, ...] = ()  # of the load generator; empty: there is none here
    load_missing: str = ""  # why there is none
    is_incomplete: bool = False  # something of a runner that the user named cannot be used

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that there is, those of external runners after our own."""
        return order_models(
            one.model
            for runner in self.found.values()
            for one in runner.description.implementations
        )

    def offers(self) -> Iterable[Offer]:
        """Yield every implementation of every runner."""
        for runner in self.found.values():
            reasons = {
                one.model: units.printable(one.reason) for one in runner.description.unavailable
            }
            for one in runner.description.implementations:
                yield Offer(
                    Contestant(one.workload, one.model, one.variant, runner.runtime),
                    runner.name,
                    one.source,
                    reasons.get(one.model),
                )
