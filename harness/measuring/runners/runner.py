"""Runners and the implementations that they offer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant, is_model_id
from harness.catalog.workload import order_models
from harness.errors import Exit, Problem
from harness.measuring.runners import protocol
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Offer:
    """An implementation that a runner offers."""

    contestant: Contestant
    runner: str  # its key
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
    folder: Path | None = None  # home and working directory; None: this repository
    files: tuple[str, ...] = ()  # in its folder, besides sources, whose changes matter
    shared: tuple[str, ...] = ()  # patterns of the files that all its implementations run
    lean: tuple[str, ...] = ()  # the command of a smaller program for `lean_workloads`
    lean_workloads: frozenset[str] = frozenset()
    runtime: str = DEFAULT_RUNTIME  # label
    trace: tuple[str, ...] = ()  # the command that records traces; empty: it cannot

    @property
    def key(self) -> str:
        """Its name among all runners: the runners of two runtimes share a name."""
        return self.name if self.runtime == DEFAULT_RUNTIME else f"{self.name} @ {self.runtime}"

    @property
    def home(self) -> Path:
        """The folder that its files are in."""
        return self.folder or ROOT

    @property
    def takes_turns(self) -> bool:
        """Whether it speaks the version of the protocol that has turns."""
        return self.description.protocol >= protocol.PROTOCOL

    def command_for(self, workload: str) -> tuple[str, ...]:
        """Return the command for trials of a workload."""
        return self.lean if workload in self.lean_workloads else self.command

    def path_in_run(self, file: str) -> str:
        """Return the name of a file in a run; outside this repository it has the runner's key."""
        return file if self.folder is None else f"{self.key}: {file}"

    def digests(self, sources: Iterable[str]) -> dict[str, str]:
        """Return the SHA-256 of sources and other files of this runner, by `path_in_run`."""
        return {
            self.path_in_run(file): digest_file(self.home / file)
            for file in (*sources, *self.files)
        }


@dataclass
class Runners:
    """All runners of this machine, and the models that no runner can run, with the reasons."""

    found: dict[str, Runner] = field(default_factory=dict)  # by key
    missing_models: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    load_command: tuple[str, ...] = ()  # the load generator; empty: not available
    load_missing: str = ""  # why the load generator is not available
    is_incomplete: bool = False  # part of a runner that the user named cannot be used
    left_out: list[str] = field(default_factory=list)  # names of runners, whole or in part

    @property
    def models(self) -> tuple[str, ...]:
        """All models, those of external runners after our own."""
        return order_models(
            implementation.model
            for runner in self.found.values()
            for implementation in runner.description.implementations
        )

    def left_out_models(self, selected: Sequence[str]) -> dict[str, str]:
        """Return selected models that are unknown because a runner was left out, with the reason.

        Raises Problem if none of the others is selected.
        """
        names = dict.fromkeys(one for one in selected if one not in self.models)
        unknown = [name for name in names if is_model_id(name)]
        if not self.left_out or not unknown:
            return {}
        runners = f"the runner {' or '.join(dict.fromkeys(self.left_out))}"
        if len(unknown) == len(set(selected)):
            raise Problem(
                f"found no model {', '.join(unknown)}: {runners}, which may offer it, cannot be"
                " used (see above)",
                Exit.NOT_POSSIBLE,
            )
        return dict.fromkeys(unknown, f"{runners}, which may offer it, cannot be used")

    def offers(self) -> Iterable[Offer]:
        """Yield all implementations of all runners."""
        for runner in self.found.values():
            reasons = {
                model.model: units.one_line(model.reason)
                for model in runner.description.unavailable
            }
            for offered in runner.description.implementations:
                yield Offer(
                    Contestant(offered.workload, offered.model, offered.variant, runner.runtime),
                    runner.key,
                    offered.source,
                    reasons.get(offered.model),
                    offered.files,
                )


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest_files(home: Path, patterns: Iterable[str]) -> dict[str, str]:
    """Return path -> SHA-256 of the files that match, without Go tests and generated Go files."""
    paths = {path for pattern in patterns for path in home.glob(pattern)}
    return {
        path.relative_to(home).as_posix(): digest_file(path)
        for path in sorted(paths)
        if path.is_file() and not path.name.endswith(("_test.go", "_gen.go"))
    }
