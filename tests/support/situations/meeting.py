"""Situations that a command can meet: what makes one, and what a real process does in it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import Exit
from harness.measuring.runners import go_build
from harness.paths import ROOT
from harness.results import store
from harness.results.lock import Lock
from tests.support.command import command, own_cache
from tests.support.planted.bench import MARK

FIRST, SECOND = "20260102T030405Z-first", "20260103T030405Z-second"
OK, NO, USAGE, CANNOT = Exit.SUCCESS, Exit.FAILED, Exit.USAGE, Exit.NOT_POSSIBLE
SHOW = f"show {FIRST} --out {{out}}"
CLAIMS = f"claims {FIRST} --only --must-hold --ledger {{root}}/claims.toml --out {{out}}"
CLAIM = """
[documents]
D = "A document"
[claims.never]
says = "A no-op takes a day."
reading = "Time of a call."
sources = ["D: 1"]
workload = "noop"
this = "sequential"
measure = "call"
range = "at least 86,400 s"
"""
CLAIMS = f"claims {FIRST} --only --must-hold --ledger {{root}}/claims.toml --out {{out}}"
AS_IS = 'exec "$@"'
_BASH = shutil.which("bash") or "bash"  # a situation may have no PATH


class Place:
    """A folder of one situation: two runs in `results`, and whatever else is needed."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "results"
        self.first, self.second = self.out / FIRST, self.out / SECOND

    @property
    def trials(self) -> Path:
        return self.first / store.TRIALS_FILE

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file, and the folders that it is in."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def program(self, name: str, text: str) -> None:
        """Write a program of a shell into the folder `bin`, which comes first in PATH."""
        self.write(f"bin/{name}", f"#!/bin/sh\n{text}\n").chmod(0o755)

    def edit(self, run: str = FIRST, /, **changes: Any) -> None:
        """Have a run say something else of the time when it began."""
        path = self.out / run / store.RUN_FILE
        document = json.loads(path.read_bytes())
        machine = {**document["machine"], **changes.pop("machine", {})}
        path.write_text(json.dumps({**document, "machine": machine, **changes}), encoding="utf-8")


Make = Callable[[Place], object]


@dataclass(frozen=True)
class Situation:
    """A row of the table: a situation, a command, and how it must end.

    `{root}` and `{out}` in its texts are folders of the place. All else on standard error than the
    one message, and a traceback anywhere, is a failure.
    """

    what: str
    arguments: str
    code: int
    says: str = ""  # what the message on standard error has; empty: there is none
    shows: str = ""  # on standard output
    env: Mapping[str, str | None] = field(default_factory=dict)  # None: not set
    make: Make = lambda _: None
    during: Callable[[Place], AbstractContextManager[object]] = lambda _: nullcontext()
    shell: str = AS_IS  # how a shell starts the command
    program: tuple[str, ...] = tuple(command())
    needs: Callable[[], object] = lambda: True  # false: it cannot be made here


@dataclass(frozen=True)
class Ending:
    """How a command has ended."""

    code: int
    messages: list[str]
    shown: str
    text: str  # all that was printed


def meet(situation: Situation, place: Place, mark: str) -> Ending:
    """Run the command of a situation in a process of its own."""
    known = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(place.root / "bin"), os.environ.get("PATH", os.defpath)])
    own = {**own_cache(), MARK: mark, "XDG_RUNTIME_DIR": str(place.root), "PATH": path}
    env = {
        name: _fill(value, place)
        for name, value in {**known, **own, **situation.env}.items()
        if value is not None
    }
    arguments = [_fill(word, place) for word in shlex.split(situation.arguments)]
    done = subprocess.run(
        [_BASH, "-c", _fill(situation.shell, place), "bash", *situation.program, *arguments],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
        check=False,
    )
    said, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Ending(done.returncode, _messages(err), " ".join(said.split()), said + err)


def _fill(text: str, place: Place) -> str:
    return text.replace("{root}", str(place.root)).replace("{out}", str(place.out))


def _messages(err: str) -> list[str]:
    """Return the messages on standard error, less what click puts before one, and the shell."""
    hints = ("Usage: ", "Try '", f"{_BASH}: warning: ")
    return [line for line in err.splitlines() if line and not line.startswith(hints)]


# --- what a situation needs


def has_go() -> bool:
    return go_build.build_go()[0] is not None


def has_taskset() -> bool:
    return shutil.which("taskset") is not None and hasattr(os, "sched_getaffinity")


def may_unshare() -> bool:
    """Return whether a process may be cut off from the network."""
    try:
        cut_off = ["unshare", "--net", "true"]
        return subprocess.run(cut_off, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def has_full_device() -> bool:
    return Path("/dev/full").exists()


# --- what makes a situation


def says(**changes: Any) -> Make:
    """Have the first run say something else of the time when it began."""
    return lambda place: place.edit(**changes)


def has(name: str, text: str | bytes) -> Make:
    """Have a file with this text."""
    return lambda place: place.write(name, text)


def trials_end_with(text: bytes) -> Make:
    """Have the first run's trials end with this."""
    return lambda place: place.trials.write_bytes(place.trials.read_bytes() + text)


def runner(**keys: object) -> Make:
    """Have a runner named `planted`, with these keys in its file."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    return has("loombench.toml", "\n".join(["[runners.planted]", *lines, ""]))


def replaced_by_folder(name: str) -> Make:
    """Have a folder in the place of a file, a link or nothing."""

    def make(place: Place) -> None:
        (place.root / name).unlink(missing_ok=True)
        (place.root / name).mkdir()

    return make


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Have another process (this one) hold a lock."""
    lock = Lock(path)
    try:
        yield
    finally:
        lock.release()
