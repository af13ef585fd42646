"""The hosts of `fleet_faults`, each kind with its own way to fail and to come back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar, Self

import psutil

from harness.paths import ROOT
from tests.support import separate_machines
from tests.support.loopback_fleet import LoopbackFleet, family

_DISK_MIB = 24
_TCP = "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP"  # when a connection counts as broken


class Hosts:
    """Two workers; this way kills one, and starts it again."""

    name = "kill -9 of a worker, which starts again"
    names: ClassVar[Sequence[str]] = ("alpha", "beta")
    workload, models = "kitchen", "asyncio,processes"
    options: tuple[str, ...] = ("--beside",)
    worker_options = "--host 127.0.0.1 --no-nanny"
    scheduler_options = "--host 127.0.0.1 --port 0 --no-dashboard"
    stops_coordinator = False
    within: Sequence[str] = ()
    coordinator_env: ClassVar[dict[str, str]] = {}

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.folder, self.draw = folder, draw
        self._stack = ExitStack()

    @classmethod
    def why_not(cls) -> str:
        """Return why this fault is not possible here; empty if it is."""
        return ""

    def __enter__(self) -> Self:
        self.prepare()
        folder = self.folder / "fleet"
        folder.mkdir()
        self.fleet = LoopbackFleet(
            folder, self.coordinator_env, scheduler=self.scheduler_options, within=self.within
        )
        self._stack.callback(self.fleet.end)
        for name in self.names:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def address(self) -> str:
        return self.fleet.address

    def prepare(self) -> None:
        """Make what hosts need."""

    def start(self, name: str, **more: Any) -> None:
        self.fleet.start_worker(name, options=self.worker_options, **more)

    def strike(self, name: str) -> None:
        self.fleet.kill_worker(name)

    def mend(self, name: str) -> None:
        """Let a host come back."""
        self.start(name)

    def revive(self) -> None:
        """Start the workers that have given up, as a service manager would."""
        for name, worker in list(self.fleet.workers.items()):
            if worker.poll() is not None:
                self.start(name)

    def find_left(self, *, with_trials: bool) -> list[psutil.Process]:
        """Return the orphans, and what measures although nobody waits for it."""
        trials = [one for name in self.names for one in self.fleet.trials(name) if with_trials]
        return [*self.fleet.find_orphans(), *trials]

    def end(self) -> list[str]:
        """End all; returns what was left."""
        return self.fleet.end()

    def pause(self, *seconds: float) -> None:
        time.sleep(self.draw.uniform(*seconds))


class _Nannied(Hosts):
    name = "kill -9 of a worker, which its nanny starts again"
    worker_options = "--host 127.0.0.1"

    def strike(self, name: str) -> None:
        for one in family(self.fleet.workers[name].pid)[1:]:
            with suppress(psutil.Error):
                if any("multiprocessing.spawn" in word for word in one.cmdline()):
                    one.kill()

    def mend(self, name: str) -> None: ...


class _Program(Hosts):
    name = "kill -9 of Loombench's program on a host"

    def strike(self, name: str) -> None:
        _kill(self.fleet.programs(name))

    def mend(self, name: str) -> None: ...


class _Trial(Hosts):
    name = "kill -9 of a process that is measured"

    def strike(self, name: str) -> None:
        _kill(self.draw.sample(found := self.fleet.trials(name), min(1, len(found))))

    def mend(self, name: str) -> None: ...


class _Stopped(Hosts):
    name = "a host that stands still until it is given up, then goes on"

    def strike(self, name: str) -> None:
        stopped = family(self.fleet.workers[name].pid)
        for one in stopped:
            with suppress(psutil.Error):
                one.suspend()
        self.pause(0.5, 15.0)
        for one in stopped:
            with suppress(psutil.Error):
                one.resume()

    def mend(self, name: str) -> None: ...


class _OtherPython(Hosts):
    name = "a host that comes back with another Python"
    found: ClassVar[str] = ""

    @classmethod
    def why_not(cls) -> str:
        versions = (f"python3.{minor}" for minor in (14, 13, 12, 11))
        return "" if any(map(_find_python, versions)) else "there is no other Python"

    def prepare(self) -> None:
        found = next(filter(None, (_find_python(f"python3.{it}") for it in (14, 13, 12, 11))))
        self._python = str(self.folder / "python" / "bin" / "python")
        subprocess.run((found, "-m", "venv", self.folder / "python"), check=True)
        install = (self._python, "-m", "pip", "install", "-q", "-r", ROOT / "requirements.txt")
        subprocess.run(install, check=True)
        self._is_other: dict[str, bool] = {}

    def mend(self, name: str) -> None:
        is_other = self._is_other[name] = not self._is_other.get(name, False)
        self.start(name, python=self._python if is_other else sys.executable)


class _NoGo(Hosts):
    name = "a host that comes back without Go, or with it"
    models = "asyncio,go"

    @classmethod
    def why_not(cls) -> str:
        return "" if shutil.which("go") else "there is no Go in PATH"

    def prepare(self) -> None:
        self._has_go = dict.fromkeys(self.names, False)

    def start(self, name: str, **more: Any) -> None:
        has_go = self._has_go[name] = not self._has_go[name]
        place = self.folder / f"cache-{name}-{has_go}"
        path = os.environ["PATH"] if has_go else os.defpath
        super().start(name, env={"PATH": path, "XDG_CACHE_HOME": str(place)})


class _FullDisk(Hosts):
    name = "a full disk, before and in a block"
    workload, models = "filestream", "asyncio,threads"

    @classmethod
    def why_not(cls) -> str:
        return "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "mounting needs root"

    def prepare(self) -> None:
        self._disks = {}
        for name in self.names:
            disk = self._disks[name] = self.folder / f"disk-{name}"
            disk.mkdir()
            size = f"size={_DISK_MIB}m"
            mount = ("mount", "-t", "tmpfs", "-o", size, "loombench-bench", disk)
            subprocess.run(mount, check=True)
            self._stack.callback(subprocess.run, ("umount", "--lazy", disk), check=True)

    def start(self, name: str, **more: Any) -> None:
        disk = str(self._disks[name])
        env = {"TMPDIR": disk, "XDG_CACHE_HOME": disk, "DASK_TEMPORARY_DIRECTORY": disk}
        super().start(name, env=env)

    def strike(self, name: str) -> None:
        with (self._disks[name] / "filler").open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(2**16))
        if self.draw.random() < 0.5:  # it has to be unpacked or started on a full disk
            _kill(self.fleet.programs(name))
        self.pause(0.0, 5.0)

    def mend(self, name: str) -> None:
        (self._disks[name] / "filler").unlink()


class _Network(Hosts):
    name = "a network that is lost, for a moment or for long"
    options = ()
    scheduler_options = "--host 10.213.77.1 --port 0 --no-dashboard"
    worker_options = "--no-nanny"
    coordinator_env: ClassVar[dict[str, str]] = {_TCP: "12s"}

    @classmethod
    def why_not(cls) -> str:
        return separate_machines.why_not()

    def prepare(self) -> None:
        made = separate_machines.machines(self.folder, self.names)
        self._machines = self._stack.enter_context(made)
        self.within = self._machines.within(separate_machines.HUB)

    def start(self, name: str, **more: Any) -> None:
        machines = self._machines
        super().start(name, env=machines.places(name), within=machines.within(name))

    def strike(self, name: str) -> None:
        self._machines.cut(name)
        self.pause(0.2, 30.0)
        self._machines.mend(name)

    def mend(self, name: str) -> None: ...


class _Interrupted(Hosts):
    name = "Ctrl-C on the coordinator, then --resume"
    stops_coordinator = True


FAULTS = (
    Hosts, _Nannied, _Program, _Trial, _Stopped, _OtherPython, _NoGo, _FullDisk, _Network,
    _Interrupted,
)  # fmt: skip


def _kill(processes: Sequence[psutil.Process]) -> None:
    for one in processes:
        with suppress(psutil.Error):
            one.send_signal(signal.SIGKILL)


def _find_python(name: str) -> str | None:
    """Return another Python than this one, by its name in PATH or among those of pyenv."""
    version = name.removeprefix("python")
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return None
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/{name}"))
    found = [str(one) for one in kept if one.is_file()]
    return shutil.which(name) if not found else found[-1]
