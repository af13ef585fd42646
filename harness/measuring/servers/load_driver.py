"""Load the server of a trial: start a load generator as soon as the server listens.

Server and load generator are child processes on separate cores, if there are enough. The harness
waits for both at once, so each generator has a thread here, which sleeps between lines.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.catalog.workload import CHECK
from harness.measuring.machine.essentials import find_lack_of_loopback
from harness.measuring.machine.limits import raise_open_files
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.runners.protocol import ProtocolError
from harness.measuring.servers import load_protocol
from harness.measuring.servers.load_protocol import LoadFailure, LoadReport
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.catalog.workload import ModelCase
    from harness.measuring.servers.cores import Cores

_STOP, _TURN, _END = (b'{"kind": "%s"}\n' % kind for kind in (b"stop", b"turn", b"end"))
_OTHER_FILES = 64  # upper bound of open files besides connections, per process
_FINAL_COUNT_S = 5.0  # for a load generator to count lost requests after a server has drained


def find_obstacle(case: ModelCase, command: tuple[str, ...]) -> LoadFailure | None:
    """Return why servers or clients of this case cannot be measured on this machine, or None.

    Both sides need an open file per connection. The soft limit is raised as far as needed: children
    inherit it, and not every server raises it.
    """
    if not command:
        return LoadFailure(Status.UNSUPPORTED, "there is no load generator here")
    if lack := find_lack_of_loopback():
        return LoadFailure(Status.UNSUPPORTED, lack)
    connections = case.connections
    needed = connections + _OTHER_FILES
    limit = raise_open_files(needed)
    if limit < needed:
        return LoadFailure(
            Status.UNSUPPORTED,
            f"open files: found a limit of {limit}, expected at least {needed} for {connections}"
            " connections, on both sides (ulimit -Hn)",
        )
    return None


@dataclass
class ServerLoad:
    """The load on the server of one case, with its result."""

    report: LoadReport = field(default_factory=LoadReport)
    failure: LoadFailure | None = None
    was_cut: bool = False  # the server returned or ended before all requests were sent
    was_stopped: bool = False  # the server was asked to stop
    exit_ns: int | None = None  # from the request to stop until the server returned


@dataclass
class LoadDriver:
    """The load generators of one trial, one per case, and the server that they load.

    Messages of the server arrive on the main thread of the harness, messages of a load generator on
    its own thread. Each timer has another thread.
    """

    command: tuple[str, ...]
    cores: Cores
    memory_bytes: int
    seed: int
    interrupted: Callable[[], bool]
    turns: int = 0  # expected; if there are any, the measured case is loaded in its turns only
    on_turn: Callable[[str], None] = lambda _: None  # called with `ready`, and after each turn
    server: child.Handle = field(default_factory=child.Handle)
    loads: dict[str, ServerLoad] = field(default_factory=dict)  # by case
    orphan_count: int = 0  # processes that outlived a load generator
    stood_still_s: float = 0.0  # how long the harness did not run while a load generator did
    _generator: child.Handle = field(default_factory=child.Handle)  # of the measured case
    was_interrupted: bool = False  # a load generator was ended because of Ctrl-C
    _threads: list[threading.Thread] = field(default_factory=list)
    _is_finished: bool = False
    # `_lock` guards these.
    _timers: dict[str, threading.Timer] = field(default_factory=dict)  # by case: stops the server
    _stopped_ns: dict[str, int] = field(default_factory=dict)  # by case: time of the stop request
    _returned: set[str] = field(default_factory=set)  # cases that the server has completed
    _drained: bool = False  # a server that drains was asked to stop
    _server_ended: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, case: ModelCase, port: int) -> None:
        """Start loading the server of a case on this port; it is asked to stop at the end."""
        self.loads[case.id] = ServerLoad(
            failure=LoadFailure(Status.CRASH, "the load generator was never started")
        )
        thread = threading.Thread(target=self._run, args=(case, port), daemon=True)
        self._threads.append(thread)
        thread.start()

    def note_returned(self, case: str) -> None:
        """Record that the server has completed a case, successfully or not."""
        with self._lock:
            if case in self.loads and case not in self._returned:
                if case in self._stopped_ns:
                    self.loads[case].exit_ns = time.perf_counter_ns() - self._stopped_ns[case]
                else:
                    self.loads[case].was_cut = True
            self._returned.add(case)

    def give_turn(self) -> None:
        """Load the measured case once; `on_turn` is called at the end."""
        self._generator.write_line(_TURN)

    def end_turns(self) -> None:
        """End the load on the measured case, and then its server."""
        self._generator.write_line(_END)

    def finish(self) -> None:
        """End the load generators that still run. The server has ended."""
        with self._lock:
            self._server_ended = True
            timers = list(self._timers.values())
        for timer in timers:
            timer.cancel()
            timer.join()
        if self._drained:
            for thread in self._threads:
                thread.join(_FINAL_COUNT_S)
        self._is_finished = True
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
        """Run one load generator until it ends. Returns why it has no result, or None."""
        turns = 0 if case.id == CHECK else self.turns
        request = load_protocol.create_request(
            case, port, self.seed, self.server.list_processes(), turns=turns
        )
        load.report = report = LoadReport(len(request.phases), len(request.turns))
        limits = child.Limits(
            math.inf if turns else case.sampling.timeout_s,
            self.memory_bytes,
            has_neighbours=bool(turns),
        )

        def receive_line(line: bytes) -> str:
            before = report.is_ready, report.turns_taken
            try:
                report.receive_line(line)
            except ProtocolError as error:
                return f"it broke the protocol: {error}"
            if (report.is_ready, report.turns_taken) != before:
                self.on_turn("sample" if report.turns_taken else "ready")
            if case.workload.drains and case.id != CHECK and load.report.is_warm(case):
                self._stop_midway(case)
            return ""

        result = child.run(
            self.command,
            create_environment({}),
            load_protocol.encode(request),
            limits,
            receive_line,
            lambda: self._has_no_server(case.id) or self.interrupted(),
            cores=self.cores.client,
            handle=self._generator if turns else None,
        )
        self.orphan_count += result.orphan_count
        self.stood_still_s += result.stood_still_s
        if result.stopped == "interrupt":
            self.was_interrupted = not self._has_no_server(case.id)
            load.was_cut |= not self.was_interrupted
            return None
        return _find_failure(load.report, result)

    def _has_no_server(self, case: str) -> bool:
        """Return whether no server is left to load. After a stop request, the load continues."""
        return self._is_finished or (case in self._returned and case not in self._stopped_ns)

    def _stop_midway(self, case: ModelCase) -> None:
        """Schedule the request to stop for the middle of the load."""
        assert case.workload.load is not None
        with self._lock:
            if case.id in self._timers or self._server_ended:
                return
            timer = threading.Timer(case.workload.load.rate_ms / 2_000, self._stop, (case,))
            timer.daemon = True
            self._timers[case.id] = timer
            timer.start()

    def _stop(self, case: ModelCase) -> None:
        """Ask the server to stop, once.

        A server that has completed the case is not asked: it would apply the request to the next
        case, because the process continues after the check case.
        """
        with self._lock:
            if case.id in self._stopped_ns or case.id in self._returned or self._server_ended:
                return
            self._stopped_ns[case.id] = time.perf_counter_ns()
            self.loads[case.id].was_stopped = True
            if case.workload.drains:
                self._drained = True
                self.server.terminate()
            else:
                self.server.write_line(_STOP)


def _find_failure(report: LoadReport, result: child.ChildResult) -> LoadFailure | None:
    """Return why a load generator that ended, or was stopped at a limit, has no result."""
    if report.failed is not None:
        status = _STATUS_OF_REASON.get(report.failed.reason, Status.CRASH)
        return LoadFailure(status, report.failed.message)
    if result.stopped == "memory":
        return LoadFailure(
            Status.OUT_OF_MEMORY, "exceeded the memory limit of the trial under load"
        )
    if result.stopped:
        return LoadFailure(Status.CRASH, f"the load generator was stopped: {result.stopped}")
    if report.served is None or result.returncode != 0:
        last_line = result.stderr_end.splitlines()[-1:] or [f"exit code {result.returncode}"]
        return LoadFailure(Status.CRASH, f"the load generator ended early: {last_line[0]}")
    return None


_STATUS_OF_REASON = {
    "timeout": Status.TIMEOUT,
    "descriptors": Status.UNSUPPORTED,
    "unsupported": Status.UNSUPPORTED,
}
