"""Interpreters of Python: ask one what it is, and find those that are installed."""

from __future__ import annotations

import json
import os
import platform
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import units
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

OLDEST = (3, 11)
DEADLINE_S = 5.0
_LONGEST = 2**16  # bytes of an answer
_MOST_QUOTED = 100  # characters of an answer that is none
_NAMES = ("python", "python3", "python3.*", "pypy3", "pypy3.*", "graalpy")
_NOT_NAMES = ("-config", "-intel64", "-gdb.py", "m", "w")  # how other programs of these names end
_SYSTEM = (Path("/usr/bin"), Path("/usr/local/bin"))
# Any Python answers it, also one that is too old. A virtual environment names what it is made from.
_QUESTION = """
import json, platform, sys, sysconfig
try:
    import ensurepip, venv
except ImportError:
    venv = None
print(json.dumps({
    "version": sys.version.split()[0],
    "info": list(sys.version_info[:2]),
    "implementation": platform.python_implementation(),
    "machine": platform.machine(),
    "build": sys.version,
    "executable": getattr(sys, "_base_executable", None) or sys.executable,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "has_venv": venv is not None,
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A program that was asked what it is."""

    path: Path
    reason: str = ""  # why it cannot be used
    version: str = ""
    implementation: str = ""
    free_threaded: bool = False
    executable: Path = Path()  # the program itself, behind links, scripts and environments
    build: str = ""  # sys.version: version, date and compiler

    @property
    def name(self) -> str:
        """Its name for people: `CPython 3.14.0, free-threaded`; empty if it gave no answer."""
        kind = ", free-threaded" if self.free_threaded else ""
        return f"{self.implementation} {self.version}{kind}".strip()

    @property
    def label(self) -> str:
        """A label for it as a runtime: `3.14t`, `pypy3.11`; empty if it gave no answer."""
        minor = ".".join(self.version.split(".")[:2]) + ("t" if self.free_threaded else "")
        return (
            minor if self.implementation == "CPython" else f"{self.implementation.lower()}{minor}"
        )

    @property
    def identity(self) -> str:
        """What is the same only for the same program."""
        about = self.executable.stat()
        return f"{self.executable} {about.st_size} {about.st_mtime_ns} {self.build}"


def ask(
    path: Path,
    env: Mapping[str, str],
    interrupted: Callable[[], bool] = lambda: False,
    deadline_s: float | None = None,
) -> Interpreter:
    """Ask a program which interpreter it is. Raises nothing: an unusable one has a `reason`."""
    if reason := find_obstacle(path):
        return Interpreter(path, reason)
    deadline_s = deadline_s or DEADLINE_S
    command = [str(path), "-E", "-s", "-c", _QUESTION]
    try:
        done, answer = child.collect(
            command, create_environment(env), deadline_s, _LONGEST, interrupted
        )
    except OSError as error:
        return Interpreter(path, f"it cannot be started: {error.strerror}")
    if done.stopped:
        why = f"no answer within {deadline_s:g} s" if done.stopped == "timeout" else done.stopped
        return Interpreter(path, f"{why}; expected an interpreter of Python")
    try:
        return _read(path, json.loads(answer))
    except (ValueError, KeyError, TypeError, OSError):
        said = units.one_line((answer.decode("utf-8", "replace") or done.stderr_end).strip())
        quoted = repr(said[:_MOST_QUOTED]) if said else f"exit code {done.returncode}"
        return Interpreter(path, f"found the answer {quoted}, expected an interpreter of Python")


def find_obstacle(path: Path, expected: str = "an interpreter") -> str:
    """Return why a path is no program, or an empty text."""
    if path.is_dir():
        inside = path / "bin" / "python3"
        hint = f"; try {inside}" if inside.is_file() else ""
        return f"found a directory, expected {expected}{hint}"
    if not path.exists():
        return f"found no such file, expected {expected}"
    if not os.access(path, os.X_OK):
        return f"found a file that is not executable, expected {expected}"
    return ""


def _read(path: Path, answer: Mapping[str, Any]) -> Interpreter:
    """Return the interpreter that gave this answer. Raises if it is none."""
    about = Interpreter(
        path,
        version=str(answer["version"]),
        implementation=str(answer["implementation"]),
        free_threaded=bool(answer["free_threaded"]),
        executable=Path(str(answer["executable"])).resolve(strict=True),
        build=str(answer["build"]),
    )
    reason = ""
    if tuple(answer["info"]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        reason = f"found {about.name}, expected Python {oldest} or later"
    elif (machine := str(answer["machine"])) != platform.machine():
        reason = f"found an interpreter for {machine}, expected {platform.machine()}"
    elif not answer["has_venv"]:
        package = f"python{'.'.join(map(str, answer['info']))}-venv"
        reason = f"it lacks venv or ensurepip; on Debian and Ubuntu: apt-get install {package}"
    return Interpreter(**{**vars(about), "reason": reason})


def find_interpreters(ambient: Mapping[str, str]) -> list[Interpreter]:
    """Find and ask the interpreters in PATH, /usr, pyenv and uv; each once, the oldest first.

    `ambient` are the variables that say where these are.
    """
    with ThreadPoolExecutor(max(2, os.cpu_count() or 1)) as pool:
        asked = list(pool.map(lambda path: ask(path, {}), _list_programs(ambient)))
    found: dict[Path, Interpreter] = {}
    for one in asked:
        # A link, a script or an environment is the same interpreter by another name.
        found.setdefault(one.executable if one.version else one.path, one)
    return sorted(found.values(), key=lambda one: (not one.version, _version_key(one), one.path))


def _version_key(interpreter: Interpreter) -> list[int]:
    return [int(part) for part in interpreter.version.split(".") if part.isdecimal()]


def _list_programs(ambient: Mapping[str, str]) -> list[Path]:
    """Return programs that are named like an interpreter, each file once."""
    programs: dict[Path, Path] = {}
    for folder in _list_folders(ambient):
        for name in _NAMES:
            for path in sorted(folder.glob(name)):
                is_program = shutil.which(path) is not None and not path.name.endswith(_NOT_NAMES)
                if is_program:
                    programs.setdefault(path.resolve(), path)
    return list(programs.values())


def _list_folders(ambient: Mapping[str, str]) -> Iterator[Path]:
    """Yield the folders of programs, the special ones before PATH: their names say more."""
    home = Path(ambient.get("HOME", "/"))
    pyenv = Path(ambient.get("PYENV_ROOT") or home / ".pyenv")
    data = Path(ambient.get("XDG_DATA_HOME") or home / ".local" / "share")
    uv = Path(ambient.get("UV_PYTHON_INSTALL_DIR") or data / "uv" / "python")
    yield from _sorted_bins(pyenv / "versions")
    yield from _sorted_bins(uv)
    yield from _SYSTEM
    shims = pyenv / "shims"  # scripts that start the interpreters above
    yield from (
        folder
        for text in ambient.get("PATH", "").split(os.pathsep)
        if text and (folder := Path(text)) != shims
    )


def _sorted_bins(folder: Path) -> Sequence[Path]:
    try:
        return sorted(path / "bin" for path in folder.iterdir())
    except OSError:
        return ()
