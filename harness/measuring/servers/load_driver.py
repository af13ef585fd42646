"""Puts load on the server of a trial: starts a load generator as soon as the server listens.

Server and generator are child processes on processors of their own, where there are enough. The
harness waits for both at once, so each generator has a thread here, which sleeps between lines.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.catalog.workload import CHECK
from harness.measuring.processes import child
from harness.measuring.runners.protocol import ProtocolError
from harness.measuring.servers import load_protocol
from harness.measuring.servers.load_protocol import LoadFailure, LoadReport
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.catalog.workload import ModelCase

_STOP = b'{"kind": "stop"}\n'
_ENOUGH_CORES = 4
_OTHER_FILES = 64  # that a server or a generator has open beside its connections, at most
_LAST_COUNT_S = 5.0  # for a generator to count what was lost, when a server has drained


@dataclass(frozen=True)
class Cores:
    """Which processors a server has, and which its load generator; empty: the system decides."""

    server: frozenset[int] = frozenset()
    client: frozenset[int] = frozenset()


def split_cores(available: frozenset[int]) -> Cores:
    """Return disjoint sets where there are two or more: one each, or half of four and more.

    With two, every server has a single one, also those that could use more: the generator would
    otherwise take from some what it leaves to others.
    """
    ordered = sorted(available)
    if len(ordered) < 2:  # noqa: PLR2004
        return Cores()
    size = len(ordered) // 2 if len(ordered) >= _ENOUGH_CORES else 1
    return Cores(frozenset(ordered[:-size]), frozenset(ordered[-size:]))


def cores_here() -> Cores:
    """Split what this process may run on; where the system cannot pin, it decides."""
    if not hasattr(os, "sched_setaffinity"):
        return Cores()
    return split_cores(frozenset(os.sched_getaffinity(0)))


def refusal(case: ModelCase, command: tuple[str, ...]) -> LoadFailure | None:
    """Return why a server of this case cannot be measured here, before anything is started.

    Both sides hold each connection as an open file. The limit that a process may raise by itself
    is raised as far as needed: children inherit it, and not every server raises it.
    """
    if not command:
        return LoadFailure(Status.UNSUPPORTED, "there is no load generator here")
    connections = int(case.params["connections"])
    needed = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        return LoadFailure(
            Status.UNSUPPORTED,
            f"open files: found a limit of {hard}, expected at least {needed} for {connections}"
            " connections, in the server as in the load generator (ulimit -Hn)",
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None


@dataclass
class ServerLoad:
    """The load on the server of one case, and what came of it."""

    report: LoadReport = field(default_factory=LoadReport)
    failure: LoadFailure | None = None
    was_cut: bool = False  # the server was done, or gone, before all requests were made
    was_stopped: bool = False  # the server was told to stop
    exit_ns: int | None = None  # from being told until it had returned


@dataclass
class LoadDriver:
    """The load generators of one trial, one per case, and the server that they ask.

    What the server says arrives on the main thread of the harness, what a generator says on a
    thread of its own; a timer has one more.
    """

    command: tuple[str, ...]
    cores: Cores
    memory_bytes: int
    seed: int
    interrupted: Callable[[], bool]
    server: child.Handle = field(default_factory=child.Handle)
    loads: dict[str, ServerLoad] = field(default_factory=dict)  # by case
    left_running: int = 0  # processes that outlived a generator
    was_interrupted: bool = False  # a generator was ended because the user wants to stop
    _threads: list[threading.Thread] = field(default_factory=list)
    _timers: dict[str, threading.Timer] = field(default_factory=dict)  # by case: when to stop
    _stopped_ns: dict[str, int] = field(default_factory=dict)  # by case: when it was told to stop
    _returned: set[str] = field(default_factory=set)  # cases that the server is done with
    _drained: bool = False  # a server that drains was told to stop
    _is_gone: bool = False  # the server
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)  # guards the five above

    def begin(self, case: ModelCase, port: int) -> None:
        """Load the server of a case, which listens on this port, and then tell it to stop."""
        self.loads[case.id] = ServerLoad(
            failure=LoadFailure(Status.CRASH, "the load generator was never started")
        )
        thread = threading.Thread(target=self._run, args=(case, port), daemon=True)
        self._threads.append(thread)
        thread.start()

    def has_returned(self, case: str) -> None:
        """Note that the server is done with a case, well or not."""
        with self._lock:
            if case in self.loads and case not in self._returned:
                if case in self._stopped_ns:
                    self.loads[case].exit_ns = time.perf_counter_ns() - self._stopped_ns[case]
                else:
                    self.loads[case].was_cut = True
            self._returned.add(case)

    def end(self) -> None:
        """End the generators that still run; the server is gone."""
        with self._lock:
            self._is_gone = True
            timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
            timer.join()
        if self._drained:
            for thread in self._threads:
                thread.join(_LAST_COUNT_S)
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _run(self, case: ModelCase, port: int) -> None:
        load = self.loads[case.id]
        try:
            load.failure = self._generate(case, port, load)
        except OSError as error:
            load.failure = LoadFailure(
                Status.UNSUPPORTED, f"the load generator cannot be started: {error}"
            )
        finally:
            self._stop(case)

    def _generate(self, case: ModelCase, port: int, load: ServerLoad) -> LoadFailure | None:
        """Run one load generator to its end. Returns why it has no result, if it has none."""

        def take_line(line: bytes) -> str:
            try:
                load.report.take_line(line)
            except ProtocolError as error:
                return f"it broke its protocol: {error}"
            if case.workload.drains and case.id != CHECK and load.report.is_warm(case):
                self._stop_midway(case)
            return ""

        ended = child.run(
            self.command,
            dict(os.environ),
            load_protocol.encode(load_protocol.request_for(case, port, self.seed)),
            child.Limits(case.sampling.timeout_s, self.memory_bytes),
            take_line,
            lambda: self._is_pointless(case.id) or self.interrupted(),
            cores=self.cores.client,
        )
        self.left_running += ended.left_running
        if ended.stopped == "interrupt":
            self.was_interrupted = not self._is_pointless(case.id)
            load.was_cut |= not self.was_interrupted
            return None
        return _failure(load.report, ended)

    def _is_pointless(self, case: str) -> bool:
        """Return whether no server is left to load. One that drains may return before that."""
        return self._is_over or (case in self._returned and case not in self._stopped_ns)

    def _stop_midway(self, case: ModelCase) -> None:
        """Have the server told to stop when half of the load has been made."""
        assert case.workload.load is not None
        with self._lock:
            if case.id in self._timers or self._is_gone:
                return
            timer = threading.Timer(case.workload.load.rate_ms / 2_000, self._stop, (case,))
            timer.daemon = True
            self._timers[case.id] = timer
            timer.start()

    def _stop(self, case: ModelCase) -> None:
        """Tell the server to stop, once.

        One that is done with the case would take it for the next case, so it is not told then:
        after the check case the process goes on.
        """
        with self._lock:
            if case.id in self._stopped_ns or case.id in self._returned or self._is_gone:
                return
            self._stopped_ns[case.id] = time.perf_counter_ns()
            self.loads[case.id].was_stopped = True
            if case.workload.drains:
                self._drained = True
                self.server.terminate()
            else:
                self.server.write_line(_STOP)


def _failure(report: LoadReport, ended: child.Ended) -> LoadFailure | None:
    """Return why a generator that ended by itself, or by a limit, has no result."""
    if report.failed is not None:
        status = _STATUS_OF_REASON.get(report.failed.reason, Status.CRASH)
        return LoadFailure(status, report.failed.message)
    if ended.stopped == "memory":
        return LoadFailure(
            Status.OUT_OF_MEMORY, "took more memory than a trial may while it was asked"
        )
    if ended.stopped:
        return LoadFailure(Status.CRASH, f"the load generator was stopped: {ended.stopped}")
    if report.served is None or ended.returncode != 0:
        end = ended.stderr_end.splitlines()[-1:] or [f"exit code {ended.returncode}"]
        return LoadFailure(Status.CRASH, f"the load generator ended early: {end[0]}")
    return None


_STATUS_OF_REASON = {
    "timeout": Status.TIMEOUT,
    "descriptors": Status.UNSUPPORTED,
    "unsupported": Status.UNSUPPORTED,
}
