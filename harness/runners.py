"""Finds, builds and describes runners. All the harness knows of a language is how to build one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness import protocol, units
from harness.plan import Offer
from harness.workload import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
_DESCRIBE_TIMEOUT_S = 30
_BUILD_TIMEOUT_S = 600
_GO_MODELS = ("go", "go-1cpu")


@dataclass(frozen=True)
class Runner:
    """An executable that speaks the protocol, and what it said of itself."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    description: protocol.Description


@dataclass
class Runners:
    """All runners of this machine, and the models for which there is none, with the reason."""

    found: dict[str, Runner] = field(default_factory=dict)
    missing_models: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

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
    binary, reason = build_go()
    if binary is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))
    else:
        _add(runners, "go", (str(binary),), {}, _GO_MODELS)
    return runners


def _add(
    runners: Runners,
    name: str,
    command: tuple[str, ...],
    env: dict[str, str],
    models: Iterable[str],
) -> None:
    try:
        done = subprocess.run(
            [*command, "describe"],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DESCRIBE_TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip()[-500:]
            raise protocol.ProtocolError(f"describe ended with {done.returncode}: {said}")
        description = protocol.decode_description(done.stdout)
    except (OSError, subprocess.TimeoutExpired, protocol.ProtocolError) as error:
        reason = units.printable(f"the {name} runner cannot be used: {error}")
        runners.problems.append(reason)
        runners.missing_models.update(dict.fromkeys(models, reason))
        return
    runners.found[name] = Runner(name, command, env, description)


def build_go() -> tuple[Path | None, str]:
    """Build the Go runner where its sources are newer. Returns (binary or None, reason)."""
    folder = ROOT / "go"
    binary = folder / "bin" / ("runner.exe" if sys.platform == "win32" else "runner")
    if not (folder / "go.mod").is_file():
        return None, "the Go sources are not here; run from a clone of the repository"
    if binary.is_file() and binary.stat().st_mtime >= _newest(folder):
        return binary, ""
    go, reason = find_go(folder / "go.mod")
    if go is None:
        return None, reason
    # GOTOOLCHAIN=local: a build never downloads another toolchain.
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    for step in (
        ("run", "./internal/registry/generate"),
        ("build", "-trimpath", "-o", str(binary), "./runner"),
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
    os.utime(binary)  # go leaves an unchanged binary's time alone; then it would look stale forever
    return binary, ""


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
