"""Find a recent Go and build the Go programs: runner, lean runner, load generator."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from harness.paths import ROOT

_BUILD_TIMEOUT_S = 600


class GoBinaries(NamedTuple):
    """The Go programs in go/bin."""

    runner: Path
    lean: Path  # the runner without net/http and without the workloads that need it
    load: Path  # the load generator


def build_go(root: Path | None = None) -> tuple[GoBinaries | None, str]:
    """Build the Go programs if their sources are newer. Returns (binaries or None, reason).

    `root` is a source tree other than this repository.
    """
    folder = (root or ROOT) / "go"
    ending = ".exe" if sys.platform == "win32" else ""
    built = GoBinaries(*(folder / "bin" / (name + ending) for name in GoBinaries._fields))
    if not (folder / "go.mod").is_file():
        return None, "the Go sources are not here; run from a clone of the repository"
    if all(binary.is_file() for binary in built):
        newest = _newest_mtime(folder)
        if all(binary.stat().st_mtime >= newest for binary in built):
            return built, ""
    go, reason = find_go(folder / "go.mod")
    if go is None:
        return None, reason
    # GOTOOLCHAIN=local keeps go from downloading another toolchain.
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    built.runner.parent.mkdir(exist_ok=True)  # otherwise -o would create a file of that name
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
    for binary in built:
        os.utime(binary)  # go does not touch unchanged binaries, so they would stay stale
    return built, ""


def _newest_mtime(folder: Path) -> float:
    sources = [*folder.rglob("*.go"), folder / "go.mod", folder / "go.sum"]
    # The time of a folder changes when a file is removed.
    sources += {path.parent for path in sources}
    sources.remove(folder)
    return max(path.stat().st_mtime for path in sources if path.exists())


def find_go(go_mod: Path) -> tuple[str | None, str]:
    """Return (command, "") of a recent Go in PATH or in this environment, or (None, reason)."""
    match = re.search(r"^go (\d+)\.(\d+)", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    needed = (int(match[1]), int(match[2])) if match else (1, 0)
    in_environment = Path(sys.prefix) / "bin" / "go"
    reason = ""
    for go in (shutil.which("go"), str(in_environment) if in_environment.is_file() else None):
        if go is None:
            continue
        version = go_version(go)
        if version is not None and version >= needed:
            return go, ""
        found = ".".join(map(str, version)) if version else "of unknown version"
        reason = f"found Go {found}, expected {needed[0]}.{needed[1]} or later"
    return None, (reason or "no Go found") + "; install Go, or run `make setup` with a network"


def go_version(go: str) -> tuple[int, int] | None:
    """Return the (major, minor) version of a Go command, or None if unknown."""
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
