"""Finds, builds and describes runners. All the harness knows of a language is how to build one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import psutil

from harness import child, protocol, units
from harness.plan import Offer
from harness.workload import MODELS, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
_DESCRIBE_TIMEOUT_S = 30
_LONGEST_DESCRIPTION = 4 * 2**20  # bytes
_BUILD_TIMEOUT_S = 600
_GO_MODELS = tuple(one for one in MODELS if one.partition("-")[0] == "go")


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


class GoBinaries(NamedTuple):
    """What is built of the Go sources, in go/bin."""

    runner: Path
    lean: Path  # the runner without net/http and the workloads that need it
    load: Path  # the load generator


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
        return in_order(
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
                    workload=one.workload,
                    model=one.model,
                    variant=one.variant,
                    runner=runner.name,
                    source=one.source,
                    unavailable=reasons.get(one.model),
                )


def find() -> Runners:
    """Build what needs building and ask every runner what it can do. Never raises for a runner."""
    runners = Runners()
    python = (sys.executable, "-P", "-m", "runner")
    others = [model for model in MODELS if model not in _GO_MODELS]
    _add(runners, "python", python, {"PYTHONPATH": str(ROOT / "python")}, others)
    built, reason = build_go()
    if built is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))
        runners.load_missing = f"the load generator is written in Go: {reason}"
    else:
        runners.load_command = (str(built.load),)
        _add(runners, "go", (str(built.runner),), {}, _GO_MODELS, (str(built.lean),))
    return runners


def _add(
    runners: Runners,
    name: str,
    command: tuple[str, ...],
    env: dict[str, str],
    models: Iterable[str],
    lean: tuple[str, ...] = (),
) -> None:
    try:
        description = describe(command, env)
        smaller = describe(lean, env).implementations if lean else ()
    except (OSError, protocol.ProtocolError) as error:
        reason = units.printable(f"the {name} runner cannot be used: {error}")
        runners.problems.append(reason)
        runners.missing_models.update(dict.fromkeys(models, reason))
        return
    workloads = frozenset(one.workload for one in smaller)
    runners.found[name] = Runner(
        name, command, env, description, lean=lean, lean_workloads=workloads
    )


def describe(
    command: Sequence[str], env: Mapping[str, str], folder: Path | None = None
) -> protocol.Description:
    """Ask a runner what it can do. Raises OSError or ProtocolError. Leaves no process of it."""
    said = bytearray()

    def hear(line: bytes) -> str:
        said.extend(line + b"\n")
        return "it says too much" if len(said) > _LONGEST_DESCRIPTION else ""

    ended = child.run(
        [*command, "describe"],
        {**os.environ, **env},
        b"",
        child.Limits(_DESCRIBE_TIMEOUT_S, psutil.virtual_memory().available // 2),
        hear,
        folder=folder,
    )
    if ended.stopped == "timeout":
        raise protocol.ProtocolError(f"describe timed out after {_DESCRIBE_TIMEOUT_S} s")
    if ended.stopped:
        raise protocol.ProtocolError(f"describe was stopped: {ended.stopped}")
    if ended.returncode != 0:
        raise protocol.ProtocolError(
            f"describe ended with {ended.returncode}: {ended.stderr_end[-500:]}"
        )
    return protocol.decode_description(bytes(said))


def build_go() -> tuple[GoBinaries | None, str]:
    """Build the Go binaries where their sources are newer. Returns (binaries or None, reason)."""
    folder = ROOT / "go"
    ending = ".exe" if sys.platform == "win32" else ""
    built = GoBinaries(*(folder / "bin" / (name + ending) for name in GoBinaries._fields))
    if not (folder / "go.mod").is_file():
        return None, "the Go sources are not here; run from a clone of the repository"
    if all(one.is_file() for one in built):
        newest = _newest(folder)
        if all(one.stat().st_mtime >= newest for one in built):
            return built, ""
    go, reason = find_go(folder / "go.mod")
    if go is None:
        return None, reason
    # GOTOOLCHAIN=local: a build never downloads another toolchain.
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    built.runner.parent.mkdir(exist_ok=True)  # or else -o would name a file
    for step in (
        ("run", "./internal/registry/generate"),
        ("build", "-trimpath", "-o", str(built.runner.parent), "./runner", "./load"),
        ("build", "-trimpath", "-o", str(built.lean), "-tags", "lean", "./runner"),
    ):
        try:
            done = subprocess.run(
                [go, *step],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_BUILD_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return None, f"go {step[0]} failed: {error}"
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return None, f"go {step[0]} failed: {' / '.join(lines[-3:])}"
    for one in built:
        os.utime(one)  # go leaves an unchanged binary's time alone; it would look stale forever
    return built, ""


def _newest(folder: Path) -> float:
    sources = [*folder.rglob("*.go"), folder / "go.mod", folder / "go.sum"]
    # A folder's own time tells of files that were removed.
    sources += {path.parent for path in sources}
    sources.remove(folder)
    return max(path.stat().st_mtime for path in sources if path.exists())


def find_go(go_mod: Path) -> tuple[str | None, str]:
    """Return a Go that is new enough: from PATH, or from this environment; else the reason."""
    match = re.search(r"^go (\d+)\.(\d+)", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    needed = (int(match[1]), int(match[2])) if match else (1, 0)
    own = Path(sys.prefix) / "bin" / "go"
    old = ""
    for go in (shutil.which("go"), str(own) if own.is_file() else None):
        if go is None:
            continue
        version = go_version(go)
        if version is not None and version >= needed:
            return go, ""
        found = ".".join(map(str, version)) if version else "one that does not answer"
        old = f"found Go {found}, expected {needed[0]}.{needed[1]} or later"
    return None, (old or "no Go found") + "; install Go, or run `make setup` with a network"


def go_version(go: str) -> tuple[int, int] | None:
    """Return the version of a Go command, or None if it does not tell."""
    try:
        done = subprocess.run(
            [go, "version"],
            env={**os.environ, "GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"go(\d+)\.(\d+)", done.stdout)
    return (int(match[1]), int(match[2])) if match else None


def main(arguments: list[str]) -> int:
    """Build the runners and say which there are; `--need-go` asks whether Go has to be installed.

    Exit code 0 with `--need-go`: there are Go sources and no Go that is new enough.
    """
    go_mod = ROOT / "go" / "go.mod"
    if arguments == ["--need-go"]:
        return 0 if go_mod.is_file() and find_go(go_mod)[0] is None else 1
    runners = find()
    for runner in runners.found.values():
        print(f"{runner.name}: {runner.description.version}")
    for model, reason in runners.missing_models.items():
        print(f"{model}: unavailable: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
