"""A Dask scheduler and workers on this machine, each of which stands for a host.

Everything that they start inherits a mark, so that nothing which is left can hide.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from tests.support.command import find_go_cache, marked
from tests.support.measuring import LONG_S, wait_until
from tests.support.planted.bench import ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MARK = "LOOMBENCH_TEST_FLEET"
PROGRAM = "harness.measuring.fleet.host"
TRIAL = "runner"
WORKER = "--nthreads 1 --no-dashboard --resources loombench=1"
_LOOPBACK = "--host 127.0.0.1"


class LoopbackFleet:
    """A scheduler and its workers; without further options, they have no Go in PATH."""

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str] = {},
        *,
        scheduler: str = f"{_LOOPBACK} --port 0 --no-dashboard",
        within: Sequence[str] = (),
    ) -> None:
        """Start a scheduler, `within` a command such as `ip netns exec NAME`."""
        self.mark = uuid4().hex
        self._folder = folder
        self._file = folder / "scheduler.json"
        cache = {"XDG_CACHE_HOME": str(folder / "cache"), "GOCACHE": find_go_cache()}
        self._env = {**os.environ, **cache, MARK: self.mark, "PATH": os.defpath, **env}
        self._scheduler = self._start("scheduler", scheduler, within=within)
        wait_until("the scheduler", self._read_address)
        self.address = self._read_address()
        self.workers: dict[str, subprocess.Popen[bytes]] = {}

    def start_worker(
        self,
        name: str,
        env: Mapping[str, str] = {},
        *,
        options: str = f"{_LOOPBACK} --no-nanny",
        within: Sequence[str] = (),
        python: str = sys.executable,
    ) -> None:
        """Start a worker with a scratch folder of its own, and the cache of all."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        scratch = {"DASK_TEMPORARY_DIRECTORY": str(folder)}
        self.workers[name] = self._start(
            "worker", f"{WORKER} {options}", {**scratch, **env}, within=within, python=python
        )

    def _start(
        self,
        role: str,
        options: str,
        env: Mapping[str, str] = {},
        *,
        within: Sequence[str] = (),
        python: str = sys.executable,
    ) -> subprocess.Popen[bytes]:
        command = [*within, python, "-m", "dask", role, *options.split()]
        with (self._folder / f"{role}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--scheduler-file", str(self._file)],
                env={**self._env, **env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _read_address(self) -> str:
        """Return the address that the scheduler has written, or nothing."""
        with contextlib.suppress(OSError, ValueError):
            return str(json.loads(self._file.read_text())["address"])
        return ""

    def log(self, role: str) -> str:
        """Return what the processes of a role have printed."""
        return (self._folder / f"{role}.log").read_text(errors="replace")

    def programs(self, name: str) -> list[psutil.Process]:
        """Return Loombench's programs that a worker has started and that still run."""
        return [one for one in family(self.workers[name].pid) if runs(one, PROGRAM)]

    def trials(self, name: str) -> list[psutil.Process]:
        """Return the processes of a worker that measure."""
        return [one for one in family(self.workers[name].pid) if runs(one, TRIAL)]

    def kill_worker(self, name: str, number: int = signal.SIGKILL) -> None:
        """End a worker and its nanny, which could start another; their children are left alone."""
        worker = self.workers[name]
        for one in [*_dask_children(worker.pid), worker]:
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                one.send_signal(number)
        worker.wait(LONG_S)

    def find_orphans(self) -> list[psutil.Process]:
        """Return the marked processes that have no living worker or scheduler as an ancestor."""
        roots = [one.pid for one in (self._scheduler, *self.workers.values())]
        kept = {one.pid for root in roots for one in family(root)}
        return [one for one in marked(MARK, self.mark) if one.pid not in kept]

    def end(self) -> list[str]:
        """End the workers, then all that is left; returns what was left of Loombench."""
        for name in self.workers:
            self.kill_worker(name)
        self._scheduler.kill()
        self._scheduler.wait(LONG_S)
        wait_until("the end of the programs", lambda: not self._left([PROGRAM]))
        left = [one for one in self._left([PROGRAM, TRIAL]) if not ends(one)]
        for one in marked(MARK, self.mark):
            with contextlib.suppress(psutil.Error):
                one.kill()
        return [str(one) for one in left]

    def _left(self, modules: Iterable[str]) -> list[psutil.Process]:
        return [one for one in marked(MARK, self.mark) if any(runs(one, it) for it in modules)]


def family(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants, as far as they are there."""
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def _dask_children(pid: int) -> list[psutil.Process]:
    """Return what a nanny has started: its worker, and what watches over its resources."""
    with contextlib.suppress(psutil.Error):
        return [one for one in psutil.Process(pid).children() if not runs(one, PROGRAM)]
    return []


def runs(process: psutil.Process, module: str) -> bool:
    """Return whether a process runs a Python module, as far as it has not just ended."""
    with contextlib.suppress(psutil.Error):
        return module in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    return False
