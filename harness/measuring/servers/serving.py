"""The other side of a server's trial: a load generator that asks it as soon as it listens.

Both are children of their own on processors of their own, where there are enough. The harness waits
for both at once, so the generator has a thread here; it sleeps but for a line now and then.
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
from harness.measuring.servers.load_protocol import Asked, Trouble
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.catalog.workload import Case, Workload

_STOP = b'{"kind": "stop"}\n'
_ENOUGH_CORES = 4
_OTHER_FILES = 64  # that a server or a generator has open beside its connections, at most
_LAST_WORD_S = 5.0  # for a generator to count what was lost, when a server has drained


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


def refusal(case: Case, command: tuple[str, ...]) -> Trouble | None:
    """Return why a server of this case cannot be asked here, before anything is started.

    Both sides have each connection as an open file. The limit that a process may raise by itself
    is raised as far as is needed: children inherit it, and not every server thinks of it.
    """
    if not command:
        return Trouble(Status.UNSUPPORTED, "there is no load generator here")
    connections = int(case.params["connections"])
    needed = connections + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        return Trouble(
            Status.UNSUPPORTED,
            f"open files: found a limit of {hard}, expected at least {needed} for {connections}"
            " connections, in the server as in the load generator (ulimit -Hn)",
        )
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return None


@dataclass
class Asking:
    """The load generators of one trial, one a case; and the server that they ask.

    What the harness hears of the server comes on its main thread, what it hears of a generator on
    a thread of that; a timer has one more.
    """

    workload: Workload
    command: tuple[str, ...]
    cores: Cores
    memory_bytes: int
    seed: int
    interrupted: Callable[[], bool]
    server: child.Handle = field(default_factory=child.Handle)
    asked: dict[str, Asked] = field(default_factory=dict)  # by case
    left_running: int = 0  # processes that outlived a generator
    is_interrupted: bool = False  # a generator was ended since the user wants to stop
    _threads: list[threading.Thread] = field(default_factory=list)
    _timers: dict[str, threading.Timer] = field(default_factory=dict)  # by case: when to end
    _told_ns: dict[str, int] = field(default_factory=dict)  # by case: when it was told to end
    _returned: set[str] = field(default_factory=set)  # cases that the server is done with
    _is_gone: bool = False  # the server
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)  # on the four above

    def begin(self, case: Case, port: int) -> None:
        """Ask the server of a case, which listens on this port, and tell it to stop after that."""
        self.asked[case.id] = Asked(trouble=Trouble(Status.CRASH, "nobody asked the server"))
        thread = threading.Thread(target=self._ask, args=(case, port), daemon=True)
        self._threads.append(thread)
        thread.start()

    def has_returned(self, case: str) -> None:
        """Hear that the server is done with a case, well or not."""
        with self._lock:
            if case in self.asked and case not in self._returned:
                if case in self._told_ns:
                    self.asked[case].exit_ns = time.perf_counter_ns() - self._told_ns[case]
                else:
                    self.asked[case].was_cut = True
            self._returned.add(case)

    def end(self) -> None:
        """End what still asks; the server is gone."""
        with self._lock:
            self._is_gone = True
            timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
            timer.join()
        if self._drains and self._told_ns:
            for thread in self._threads:
                thread.join(_LAST_WORD_S)
        self._is_over = True
        for thread in self._threads:
            thread.join()

    def _ask(self, case: Case, port: int) -> None:
        asked = self.asked[case.id]
        try:
            asked.trouble = self._load(case, port, asked)
        except OSError as error:
            asked.trouble = Trouble(
                Status.UNSUPPORTED, f"the load generator cannot be started: {error}"
            )
        finally:
            self._tell(case.id)

    def _load(self, case: Case, port: int, asked: Asked) -> Trouble | None:
        def on_line(line: bytes) -> str:
            try:
                asked.heard.hear(line)
            except ProtocolError as error:
                return f"it broke its protocol: {error}"
            if self._drains and case.id != CHECK and asked.heard.is_warm(case):
                self._tell_midway(case.id)
            return ""

        request = load_protocol.request_for(self.workload, case, port, self.seed)
        ended = child.run(
            self.command,
            dict(os.environ),
            load_protocol.encode(request),
            child.Limits(case.sampling.timeout_s, self.memory_bytes),
            on_line,
            lambda: self._is_pointless(case.id) or self.interrupted(),
            cores=self.cores.client,
        )
        self.left_running += ended.left_running
        if ended.stopped == "interrupt":
            self.is_interrupted = not self._is_pointless(case.id)
            asked.was_cut |= not self.is_interrupted
            return None
        return _trouble(asked.heard, ended)

    @property
    def _drains(self) -> bool:
        return self.workload.load is not None and self.workload.load.drains

    def _is_pointless(self, case: str) -> bool:
        """Return whether nobody is left to be asked. One that drains may be done before that."""
        return self._is_over or (case in self._returned and case not in self._told_ns)

    def _tell_midway(self, case: str) -> None:
        """Have the server told to end when half of the load has been made."""
        assert self.workload.load is not None
        with self._lock:
            if case in self._timers or self._is_gone:
                return
            timer = threading.Timer(self.workload.load.rate_ms / 2_000, self._tell, (case,))
            timer.daemon = True
            self._timers[case] = timer
            timer.start()

    def _tell(self, case: str) -> None:
        """Tell the server to end, once. One that is done with the case would take it for another.

        It may be told of the check case only: the process goes on to the next then.
        """
        with self._lock:
            if case in self._told_ns or case in self._returned or self._is_gone:
                return
            self._told_ns[case] = time.perf_counter_ns()
            self.asked[case].was_told = True
            if self._drains:
                self.server.terminate()
            else:
                self.server.say(_STOP)


def _trouble(heard: load_protocol.Heard, ended: child.Ended) -> Trouble | None:
    """Return why a generator that ended by itself, or by a limit, has no result."""
    if heard.failed is not None:
        return Trouble(_REASONS.get(heard.failed.reason, Status.CRASH), heard.failed.message)
    if ended.stopped == "memory":
        return Trouble(Status.OUT_OF_MEMORY, "took more memory than a trial may while it was asked")
    if ended.stopped:
        return Trouble(Status.CRASH, f"the load generator was stopped: {ended.stopped}")
    if heard.served is None or ended.returncode != 0:
        end = ended.stderr_end.splitlines()[-1:] or [f"exit code {ended.returncode}"]
        return Trouble(Status.CRASH, f"the load generator ended early: {end[0]}")
    return None


_REASONS = {
    "timeout": Status.TIMEOUT,
    "descriptors": Status.UNSUPPORTED,
    "unsupported": Status.UNSUPPORTED,
}
