"""The other side of a server's trial: a load generator that asks it as soon as it listens.

Both are children of their own on processors of their own, where there are enough. The harness waits
for both at once, so the generator has a thread here; it sleeps but for a line now and then.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness import child, load
from harness.protocol import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.workload import Case, Workload

_STOP = b'{"kind": "stop"}\n'
_ENOUGH_CORES = 4


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


@dataclass
class Asking:
    """The load generators of one trial, one a case; and the server that they ask."""

    workload: Workload
    command: tuple[str, ...]
    cores: Cores
    memory_bytes: int
    seed: int
    interrupted: Callable[[], bool]
    server: child.Handle = field(default_factory=child.Handle)
    heard: dict[str, load.Heard] = field(default_factory=dict)  # by case
    problems: dict[str, str] = field(default_factory=dict)  # by case: why it could not ask
    ended_at: dict[str, int] = field(default_factory=dict)  # by case: when SIGTERM was sent, ns
    exit_ns: dict[str, int] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _is_over: bool = False

    def begin(self, case: Case, port: int) -> None:
        """Ask the server of a case, which listens on this port, and tell it to stop after that."""
        thread = threading.Thread(target=self._ask, args=(case, port), daemon=True)
        self._threads.append(thread)
        thread.start()

    def has_returned(self, case: str) -> None:
        """Hear that the server has come to its end."""
        if case in self.ended_at:
            self.exit_ns[case] = time.perf_counter_ns() - self.ended_at[case]

    def end(self) -> None:
        """End what still asks; the server is gone.

        Where it was told to be, the generator sees that by itself, and says what became of its
        requests.
        """
        self._is_over = not any(self.ended_at.values())
        for thread in self._threads:
            thread.join()

    def _ask(self, case: Case, port: int) -> None:
        heard = self.heard[case.id] = load.Heard()

        def on_line(line: bytes) -> str:
            try:
                heard.hear(line)
            except ProtocolError as error:
                return str(error)
            if self._drains_in(case) is not None and heard.is_connected:
                self._terminate_midway(case)
            return ""

        request = load.request_for(self.workload, case, port, self.seed)
        try:
            ended = child.run(
                self.command,
                dict(os.environ),
                load.encode(request),
                child.Limits(case.sampling.timeout_s, self.memory_bytes),
                on_line,
                lambda: self._is_over or self.interrupted(),
                cores=self.cores.client,
            )
        except OSError as error:
            self.problems[case.id] = f"the load generator cannot be started: {error}"
        else:
            if problem := _problem(heard, ended):
                self.problems[case.id] = problem
        if self._drains:
            self._terminate(case)
        else:
            self.server.say(_STOP)

    @property
    def _drains(self) -> bool:
        return self.workload.load is not None and self.workload.load.drains

    def _drains_in(self, case: Case) -> float | None:
        """Return after how many seconds of load the server is told to end; None: only after it."""
        if not self._drains or case.id == "check":
            return None
        assert self.workload.load is not None
        return self.workload.load.rate_ms / 2_000

    def _terminate_midway(self, case: Case) -> None:
        if case.id not in self.ended_at:
            self.ended_at[case.id] = 0
            timer = threading.Timer(self._drains_in(case) or 0, self._terminate, (case,))
            self._threads.append(timer)
            timer.start()

    def _terminate(self, case: Case) -> None:
        if not self.ended_at.get(case.id):
            self.ended_at[case.id] = time.perf_counter_ns()
            self.server.terminate()


def _problem(heard: load.Heard, ended: child.Ended) -> str:
    if heard.failed is not None:
        return heard.failed.message
    if ended.stopped:
        return f"the load generator was stopped: {ended.stopped}"
    if heard.served is None or ended.returncode != 0:
        end = ended.stderr_end.splitlines()[-1:] or [f"exit code {ended.returncode}"]
        return f"the load generator ended early: {end[0]}"
    return ""
