"""An environment for an interpreter: a virtual environment with the libraries of the models.

It is kept in the user's cache folder, by the digest of the interpreter and of the locked
requirements, so it is made once. The interpreter's own packages are neither used nor changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.measuring.runners.commands import Commands
from harness.measuring.runners.installing import find_pip, find_uv, install, split
from harness.paths import ROOT, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.measuring.runners.installing import Installer, Requirement
    from harness.measuring.runners.interpreters import Interpreter

REQUIREMENTS = ROOT / "python" / "requirements-models.txt"
_READY = "loombench.json"  # in a complete environment: which packages it lacks, and why
_MOST_KEPT = 12
_locks: dict[str, threading.Lock] = {}  # by the key of an environment


@dataclass(frozen=True)
class Environment:
    """A virtual environment that is ready to be used."""

    folder: Path
    lacking: Mapping[str, str] = field(default_factory=dict)  # package -> why it is not in it

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return _python_of(self.folder)

    def explain(self, reason: str) -> str:
        """Add to a reason of the runner why the packages that it names are not installed."""
        words = set(re.findall(r"[\w.-]+", reason))
        why = dict.fromkeys(text for name, text in self.lacking.items() if name in words)
        return ": ".join([reason, *why])


class EnvironmentProblem(Exception):  # noqa: N818 - the user's problem, not an error here
    """An environment cannot be made; the message is the reason."""


def prepare(
    interpreter: Interpreter,
    env: Mapping[str, str],
    tell: Callable[[str], None],
    interrupted: Callable[[], bool] = lambda: False,
) -> Environment:
    """Return the environment of an interpreter, and make it first if there is none.

    `env` is what the interpreter needs to run, such as LD_LIBRARY_PATH. Without a network the
    environment has no packages, and the next call tries again. Raises EnvironmentProblem.
    """
    text = REQUIREMENTS.read_text(encoding="utf-8")
    key = hashlib.sha256(f"{interpreter.identity}\n{text}".encode()).hexdigest()[:20]
    folder = cache_folder() / "runtimes" / key
    # One interpreter may be entered as several runtimes.
    with _locks.setdefault(key, threading.Lock()):
        if (ready := _read_ready(folder)) is not None:
            return ready
        tell(f"making an environment for {interpreter.name}; this happens once")
        made, why = _prepare_in(folder, interpreter, text, Commands(env, interrupted))
        if why:
            tell(f"{why}; the next run tries again")
        return made


def _prepare_in(
    folder: Path, interpreter: Interpreter, text: str, run: Commands
) -> tuple[Environment, str]:
    """Make an environment beside its place, and move it there.

    Returns it, and why it has no packages if pip did not work. Raises EnvironmentProblem.
    """
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        installer = _make(run, part, interpreter)
        lacking, is_complete = _fill(run, installer, part, list(split(text)), interpreter.name)
        if not is_complete:
            folder = folder.with_name(f"{folder.name}.incomplete")
            shutil.rmtree(folder, ignore_errors=True)
        (part / _READY).write_text(json.dumps(lacking), encoding="utf-8")
        _drop_oldest(folder.parent)
        why = "" if is_complete else next(iter(lacking.values()), "")
        return _keep(part, folder, lacking), why
    except OSError as error:
        raise EnvironmentProblem(f"{folder.parent}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _read_ready(folder: Path) -> Environment | None:
    try:
        lacking = json.loads((folder / _READY).read_bytes())
        os.utime(folder)  # the environments used last are kept
    except (OSError, ValueError):
        return None
    is_usable = isinstance(lacking, dict) and _python_of(folder).exists()
    return Environment(folder, lacking) if is_usable else None


def _keep(part: Path, folder: Path, lacking: Mapping[str, str]) -> Environment:
    """Move an environment to its place, where another process may have put the same."""
    if folder.exists() and _read_ready(folder) is None:
        shutil.rmtree(folder)
    with contextlib.suppress(OSError):
        part.rename(folder)
    return Environment(folder, lacking)


def _drop_oldest(parent: Path) -> None:
    kept = [path for path in parent.iterdir() if (path / _READY).is_file()]
    kept.sort(key=lambda path: path.stat().st_mtime_ns)
    for path in kept[: -_MOST_KEPT + 1]:
        shutil.rmtree(path, ignore_errors=True)


def _make(run: Commands, folder: Path, interpreter: Interpreter) -> Installer:
    """Make an empty virtual environment; returns what installs in it. Raises EnvironmentProblem."""
    python = _python_of(folder)
    uv = find_uv(run, python)
    how = ("--without-pip",) if uv else ()
    done = run([str(interpreter.path), "-I", "-m", "venv", *how, str(folder)])
    if done.failed:
        raise EnvironmentProblem(f"it cannot make a virtual environment: {done.last_line}")
    return uv or find_pip(run, python)


def _fill(
    run: Commands, installer: Installer, folder: Path, wanted: Sequence[Requirement], name: str
) -> tuple[dict[str, str], bool]:
    """Install what has a wheel. Returns what is lacking and why, and whether it worked."""
    file, python = folder / "requirements.txt", _python_of(folder)
    lacking, why = install(run, installer, file, wanted, name)
    pip_is_there = installer.command[0] == str(python)
    if why and not pip_is_there and not run([str(python), "-I", "-m", "ensurepip"]).failed:
        lacking, why = install(run, find_pip(run, python), file, wanted, name)
    return (dict.fromkeys((one.name for one in wanted), why), False) if why else (lacking, True)


def _python_of(folder: Path) -> Path:
    return folder / "bin" / "python"
