"""Finds a Go that is new enough and builds the Go programs: runner, lean runner, load generator."""

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
    """What is built of the Go sources, in go/bin."""

    runner: Path
    lean: Path  # the runner without net/http and the workloads that need it
    load: Path  # the load generator


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
