"""An environment for an interpreter: a virtual environment with the libraries of the models.

It is kept in the user's cache folder, by the digest of the interpreter and of the locked
requirements, so it is made once. The interpreter's own packages are neither used nor changed.

venv and pip make it, and not uv: an interpreter brings them along, and its own pip knows which
wheels it can use. uv would be a further dependency of everybody who compares Pythons.
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
from typing import TYPE_CHECKING, NamedTuple

import psutil

from harness import units
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.paths import ROOT, cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.measuring.runners.interpreters import Interpreter

REQUIREMENTS = ROOT / "python" / "requirements-models.txt"
_READY = "loombench.json"  # in a complete environment: which packages it lacks, and why
_MOST_KEPT = 12
_TIMEOUT_S = 300.0
_MOST_TRIES = 10  # each leaves out a package that has no wheel
_LONGEST = 2**20  # bytes of output
# How packages are reached, of all that pip's settings and the environment say.
_PIP_SETTING = re.compile(
    r"[^=]*\.([a-z-]*index[a-z-]*|find-links|trusted-host|proxy|[a-z-]*cert|cache-dir)='(.*)'"
)
_NETWORK = (
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "REQUESTS_CA_BUNDLE"),
)
_NO_WHEEL = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+?)==(\S+)")
_locks: dict[str, threading.Lock] = {}  # by the key of an environment
_OFFLINE = "connection broken"
_LACKS = re.compile(r"^(\S+) \S+ requires (\S+), which is not installed", re.MULTILINE)


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


class _Requirement(NamedTuple):
    name: str
    text: str  # with its hashes


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
        made, why = _prepare_in(folder, interpreter, text, _Commands(env, interrupted))
        if why:
            tell(f"{why}; the next run tries again")
        return made


def _prepare_in(
    folder: Path, interpreter: Interpreter, text: str, run: _Commands
) -> tuple[Environment, str]:
    """Make an environment beside its place, and move it there.

    Returns it, and why it has no packages if pip did not work. Raises EnvironmentProblem.
    """
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        _make(run, part, interpreter)
        lacking, is_complete = _install(run, part, list(_split(text)), interpreter.name)
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


def _make(run: _Commands, folder: Path, interpreter: Interpreter) -> None:
    """Make a virtual environment that has nothing but pip. Raises EnvironmentProblem."""
    done = run([str(interpreter.path), "-I", "-m", "venv", str(folder)])
    if done.failed:
        raise EnvironmentProblem(f"it cannot make a virtual environment: {done.last_line}")


def _install(
    run: _Commands, folder: Path, wanted: Sequence[_Requirement], name: str
) -> tuple[dict[str, str], bool]:
    """Install what has a wheel. Returns what is lacking, with the reasons, and whether pip worked.

    A package without a wheel is left out and the others are installed, with all their hashes.
    """
    lacking: dict[str, str] = {}
    file = folder / "requirements.txt"
    run.use_network_settings(_pip(folder))
    for _ in range(_MOST_TRIES):
        chosen = [one.text for one in wanted if one.name not in lacking]
        if not chosen:
            break
        file.write_text("".join(chosen), encoding="utf-8")
        how = ("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--retries=1")
        done = run([*_pip(folder), "install", *how, "--requirement", str(file)])
        if not done.failed:
            return _drop_incomplete(run, folder, lacking), True
        found = _NO_WHEEL.search(done.text)
        if found is None or found[1] in lacking or _OFFLINE in done.text:
            reason = f"its libraries could not be installed: {done.last_line}"
            return {one.name: reason for one in wanted}, False
        lacking[found[1]] = f"{found[1]} {found[2]} has no wheel for {name}"
    reason = f"pip found too few wheels for {name}"
    return {one.name: reason for one in wanted}, not wanted


def _drop_incomplete(run: _Commands, folder: Path, lacking: dict[str, str]) -> dict[str, str]:
    """Remove packages that need one that is lacking, so that they do not fail when imported."""
    complete = dict(lacking)
    for _ in range(_MOST_TRIES if lacking else 0):
        found = _LACKS.findall(run([*_pip(folder), "check"]).text)
        new = {name: complete[needed] for name, needed in found if needed in complete}
        if not new:
            break
        run([*_pip(folder), "uninstall", "--quiet", "--yes", *new])
        complete |= new
    return complete


def _split(text: str) -> Iterator[_Requirement]:
    """Yield each requirement of a locked file: the line that names it, and its hashes."""
    for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE):
        if name := re.match(r"[A-Za-z0-9._-]+", block):
            yield _Requirement(name[0], block)


def _python_of(folder: Path) -> Path:
    return folder / "bin" / "python"


def _pip(folder: Path) -> list[str]:
    return [str(_python_of(folder)), "-I", "-m", "pip", "--disable-pip-version-check"]


class _Done(NamedTuple):
    """What a command printed, and whether it failed."""

    text: str
    failed: bool

    @property
    def last_line(self) -> str:
        """The last line that says something, which is where programs say why they failed."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return units.one_line(lines[-1].removeprefix("ERROR: ")) if lines else "it gave no reason"


class _Commands:
    """Runs commands, with nothing of the environment but how packages are reached."""

    def __init__(self, needed: Mapping[str, str], interrupted: Callable[[], bool]) -> None:
        self._needed = needed
        self._interrupted = interrupted
        self._env = {
            name: value
            for name, value in os.environ.items()
            if name in _NETWORK or name.startswith("PIP_")
        }

    def use_network_settings(self, pip: Sequence[str]) -> None:
        """Keep those settings of pip that say how packages are reached; others break an install."""
        listed = self([*pip, "config", "list"]).text
        settings = {
            f"PIP_{match[1].upper().replace('-', '_')}": match[2].replace(r"\n", "\n")
            for line in listed.splitlines()
            if (match := _PIP_SETTING.fullmatch(line.strip()))
        }
        known = {name: value for name, value in self._env.items() if name in _NETWORK}
        self._env = {**known, **settings, "PIP_CONFIG_FILE": os.devnull}

    def __call__(self, command: Sequence[str]) -> _Done:
        """Run a command to its end, which nothing that it started outlives."""
        output = bytearray()

        def receive_line(line: bytes) -> str:
            output.extend(line + b"\n")
            return "its output is too long" if len(output) > _LONGEST else ""

        done = child.run(
            command,
            create_environment({**self._env, **self._needed}),
            b"",
            child.Limits(_TIMEOUT_S, psutil.virtual_memory().available // 2, has_neighbours=True),
            receive_line,
            self._interrupted,
        )
        text = output.decode("utf-8", "replace") + done.stderr_end
        if done.stopped:
            text += f"\nstopped: {done.stopped}"
        return _Done(text, bool(done.stopped or done.returncode))
