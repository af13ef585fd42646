"""Find a recent Go and build the Go programs: runner, lean runner, load generator, tracer."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from harness.measuring.processes.environment import create_environment
from harness.measuring.runners import go_cache
from harness.measuring.runners.runner import digest_files
from harness.paths import IS_INSTALLED, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

_BUILD_TIMEOUT_S = 600
_NO_SOURCES = "the Go sources are not here; run from a clone of the repository"
_one_at_a_time = threading.Lock()
_KEY_FILE = "built-from"  # in go/bin
_FLAGS = ("-trimpath", "-buildvcs=false")
# GOTOOLCHAIN=local keeps go from downloading another toolchain, GOWORK=off from a go.work above.
_FIXED = {
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
    "GO111MODULE": "on",
    "CGO_ENABLED": "0",
    "GOFLAGS": "",
    "GOOS": "",
    "GOARCH": "",
    "GOEXPERIMENT": "",
}
# How a company's network is reached; neither changes what is built.
_NETWORK = (
    *("GOCACHE", "GOMODCACHE", "GOPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
_MODULE_SETTINGS = (
    *("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "GOAUTH"),
)


class GoBinaries(NamedTuple):
    """The Go programs in go/bin, or in the user's cache."""

    runner: Path
    lean: Path  # the runner without net/http and without the workloads that need it
    load: Path  # the load generator
    trace: Path  # runs a program once and records who ran when


def build_go(root: Path | None = None) -> tuple[GoBinaries | None, str]:
    """Build the Go programs unless these sources are built. Returns (binaries or None, reason).

    `root` is a source tree other than this repository. Programs that were built from other sources,
    by another Go or in another way are built again.
    """
    folder = root / "go" if root else locate(ROOT / "go")
    try:
        if IS_INSTALLED:
            go_cache.copy_sources(ROOT / "go")
    except OSError as error:
        return None, f"the Go sources cannot be copied: {error}; set XDG_CACHE_HOME to a folder"
    if not (folder / "go.mod").is_file():
        return None, _NO_SOURCES
    go, reason = find_go(folder / "go.mod")
    return _build_into(folder / "bin", go, reason, folder)


def build_go_with(go: Path, out: Path) -> tuple[GoBinaries | None, str]:
    """Build the Go programs of this repository by another Go, into another folder."""
    folder = ROOT / "go"
    if not (folder / "go.mod").is_file():
        return None, _NO_SOURCES
    reason = _find_age(str(go), folder / "go.mod")
    if reason:
        return None, reason
    with _one_at_a_time:  # they write the same generated files
        return _build_into(out, str(go), "", folder)


def _build_into(
    out: Path, go: str | None, reason: str, folder: Path
) -> tuple[GoBinaries | None, str]:
    """Build the Go programs in `folder` unless `out` has them. `reason` is why there is no Go."""
    built = _name_binaries(out)
    if _is_built(folder, go, out):
        return built, ""
    if go is None:
        return None, reason
    try:
        reason = _build(go, folder, built)
    except OSError as error:
        reason = (
            f"{out} cannot be written: {error.strerror}; make it writable, or run `make"
            " setup` where it is"
        )
    return (None, reason) if reason else (built, "")


def locate(sources: Path) -> Path:
    """Return the folder in which these Go sources are built."""
    return go_cache.name_copy(sources) if IS_INSTALLED else sources


def install_go(tell: Callable[[str], None]) -> None:
    """Install Go if a Loombench without a clone lacks it. In a clone, `make setup` does that."""
    if IS_INSTALLED and find_go(ROOT / "go" / "go.mod")[0] is None:
        go_cache.install(ROOT / "go", tell)


def _build(go: str, folder: Path, built: GoBinaries) -> str:
    """Build the Go programs in a folder. Returns why that failed, or an empty text."""
    key_file = built.runner.parent / _KEY_FILE
    # Otherwise -o would create a file of that name.
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.unlink(missing_ok=True)
    # A revision that is older than the tracer has none.
    tracer = ["./trace"] if (folder / "trace").is_dir() else []
    for step in (
        ("run", *_FLAGS, "./internal/registry/generate"),
        ("build", *_FLAGS, "-o", str(built.runner.parent), "./runner", "./load", *tracer),
        ("build", *_FLAGS, "-o", str(built.lean), "-tags", "lean", "./runner"),
    ):
        if reason := _run_go(go, step, folder):
            return reason
    key_file.write_text(_create_key(folder, _ask_version(go).strip()), encoding="utf-8")
    return ""


def is_built() -> bool:
    """Return whether the Go programs of this repository are those of its sources."""
    folder = ROOT / "go"
    return _is_built(folder, find_go(folder / "go.mod")[0], folder / "bin")


def _is_built(folder: Path, go: str | None, out: Path) -> bool:
    """Return whether the programs are in `out` and were built from these sources by this Go.

    Without Go, those of another Go will do.
    """
    built_from = _read(out / _KEY_FILE)
    toolchain = _ask_version(go).strip() if go else built_from.partition("\n")[0]
    binaries = _name_binaries(out)
    needed = binaries if (folder / "trace").is_dir() else binaries[:-1]
    is_there = all(binary.is_file() for binary in needed)
    return is_there and built_from == _create_key(folder, toolchain)


def _name_binaries(out: Path) -> GoBinaries:
    ending = ".exe" if sys.platform == "win32" else ""
    return GoBinaries(*(out / (name + ending) for name in GoBinaries._fields))


def _run_go(go: str, step: tuple[str, ...], folder: Path) -> str:
    """Run one step of the build. Returns why it failed, or an empty text."""
    try:
        done = subprocess.run(
            [go, *step],
            cwd=folder,
            env=_create_build_environment(go),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_BUILD_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"go {step[0]} failed: {error}"
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines()
        return f"go {step[0]} failed: {' / '.join(lines[-3:])}"
    return ""


def _create_build_environment(go: str) -> dict[str, str]:
    """Return the environment of a build: no ambient setting of Go but how to reach its modules."""
    ambient = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    try:
        asked = subprocess.run(
            [go, "env", "-json", *_MODULE_SETTINGS],
            env={**os.environ, **_FIXED},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        settings = json.loads(asked.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        settings = {}
    return create_environment({**ambient, **settings, **_FIXED, "GOENV": "off"})


def _create_key(folder: Path, toolchain: str) -> str:
    """Return what a build depends on: the Go, how it is run, and the content of the sources."""
    sources = digest_files(folder, ("**/*.go", "go.mod", "go.sum"))
    how = f"{_FLAGS} {_FIXED} {sources}"
    return f"{toolchain}\n{hashlib.sha256(how.encode()).hexdigest()}\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def find_go(go_mod: Path) -> tuple[str | None, str]:
    """Return (command, "") of a recent Go, or (None, reason).

    It is looked for in PATH, in this environment and, without a clone, in the user's cache.
    """
    places = [Path(sys.prefix) / "bin" / "go"]
    if IS_INSTALLED:
        places.append(go_cache.find_installed(ROOT / "go"))
    reason = ""
    for go in (shutil.which("go"), *(str(place) for place in places if place.is_file())):
        if go is None:
            continue
        reason = _find_age(go, go_mod)
        if not reason:
            return go, ""
    remedy = "install Go" if IS_INSTALLED else "install Go, or run `make setup` with a network"
    return None, f"{reason or 'no Go found'}; {remedy}"


def _find_age(go: str, go_mod: Path) -> str:
    """Return that a Go is too old for these sources, or an empty text."""
    match = re.search(r"^go (\d+)\.(\d+)", go_mod.read_text(encoding="utf-8"), re.MULTILINE)
    needed = (int(match[1]), int(match[2])) if match else (1, 0)
    version = go_version(go)
    if version is not None and version >= needed:
        return ""
    found = ".".join(map(str, version)) if version else "of unknown version"
    return f"found Go {found}, expected {needed[0]}.{needed[1]} or later"


def go_version(go: str) -> tuple[int, int] | None:
    """Return the (major, minor) version of a Go command, or None if unknown."""
    match = re.search(r"go(\d+)\.(\d+)", _ask_version(go))
    return (int(match[1]), int(match[2])) if match else None


def _ask_version(go: str) -> str:
    """Return what `go version` prints; empty if it cannot be run."""
    try:
        done = subprocess.run(
            [go, "version"],
            env={**os.environ, **_FIXED},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
