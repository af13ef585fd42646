"""The site of a trial: the local server from which a client fetches pages.

It is the load generator's program in another role: it answers after a set delay, on cores of its
own, and counts what it was asked for. The counts prove what no answer can: that each page was asked
for once in each call, and how many requests were in flight.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from harness import units
from harness.catalog.workload import SITE_COUNTERS, SITE_PORT
from harness.errors import UNREADABLE
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.catalog.workload import ModelCase
    from harness.measuring.runners.protocol import Request
    from harness.measuring.runners.transcript import Transcript
    from harness.measuring.servers.cores import Cores

_PROTOCOL = 1  # of the load generator
_STOP = b'{"kind": "stop"}\n'
_START_TIMEOUT_S = 10.0
_BUSY = 0.5  # share of a core from which a site may be what limits a client


class _Listening(msgspec.Struct, frozen=True, tag="listening", tag_field="kind"):
    ports: dict[str, int]  # by case


class Served(msgspec.Struct, frozen=True, tag="served", tag_field="kind"):
    """What the site of one case has counted; a round is one request for each page."""

    case: str
    rounds: int
    strays: int
    rest: int
    in_flight: int
    connections: int


class _Finished(msgspec.Struct, frozen=True, tag="finished", tag_field="kind"):
    cpu_ns: int | None = None


class _Error(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    message: str


_decoder: msgspec.json.Decoder[_Listening | Served | _Finished | _Error] = msgspec.json.Decoder(
    _Listening | Served | _Finished | _Error
)


@dataclass
class SiteDriver:
    """The process that serves the sites of one trial, one for each case."""

    command: tuple[str, ...]
    cores: Cores
    memory_bytes: int
    interrupted: Callable[[], bool]
    ports: Mapping[str, int] = field(default_factory=dict)  # by case
    served: dict[str, Served] = field(default_factory=dict)  # by case
    cpu_ns: int | None = None
    failure: str = ""  # why there are no counts
    orphan_count: int = 0
    stood_still_s: float = 0.0
    _handle: child.Handle = field(default_factory=child.Handle)
    _is_up: threading.Event = field(default_factory=threading.Event)  # or it has failed
    _is_finished: bool = False
    _thread: threading.Thread | None = None

    def start(self, cases: Sequence[ModelCase]) -> bool:
        """Start the sites and wait until they listen. Returns whether they do."""
        self._thread = threading.Thread(target=self._run, args=(cases,), daemon=True)
        self._thread.start()
        if not self._is_up.wait(_START_TIMEOUT_S):
            self.failure = f"the site did not listen within {_START_TIMEOUT_S:.0f} s"
        return not self.failure

    def add_ports(self, request: Request) -> Request:
        """Return the request with the port of its site as a parameter of each case."""
        cases = (
            msgspec.structs.replace(case, params={**case.params, SITE_PORT: self.ports[case.id]})
            for case in request.cases
        )
        return msgspec.structs.replace(request, cases=tuple(cases))

    def finish(self) -> None:
        """End the process and wait for its counts. The client has ended."""
        if self._thread is not None:
            self._handle.write_line(_STOP)
            self._is_finished = True
            self._thread.join()

    def add_counts(self, transcript: Transcript) -> None:
        """Add what the sites have counted to the counters that the client reported."""
        for case, outcomes in transcript.outcomes.items():
            if served := self.served.get(case):
                counts = {name: getattr(served, name) for name in SITE_COUNTERS}
                transcript.outcomes[case] = [
                    msgspec.structs.replace(outcome, observed={**outcome.observed, **counts})
                    for outcome in outcomes
                ]

    def find_warning(self, transcript: Transcript) -> str:
        """Return a warning if the site was so busy that it may have limited the client."""
        samples = (one for samples in transcript.samples.values() for one in samples)
        share = (self.cpu_ns or 0) / max(1, sum(sample.elapsed_ns for sample in samples))
        return f"the site was busy for {share:.0%} of the time" if share > _BUSY else ""

    def _run(self, cases: Sequence[ModelCase]) -> None:
        try:
            result = child.run(
                self.command,
                create_environment({}),
                _encode_request(cases),
                child.Limits(math.inf, self.memory_bytes, has_neighbours=True),
                self._receive_line,
                lambda: self.interrupted() and not self._is_finished,
                cores=self.cores.client,
                handle=self._handle,
            )
        except OSError as error:
            self.failure = f"the site cannot be started: {error}"
        else:
            self.orphan_count = result.orphan_count
            self.stood_still_s = result.stood_still_s
            if not self.failure and (result.stopped or result.returncode or not self.served):
                reason = result.stopped or result.stderr_end or f"exit code {result.returncode}"
                self.failure = f"the site ended early: {units.one_line(reason)}"
        finally:
            self._is_up.set()

    def _receive_line(self, line: bytes) -> str:
        try:
            message = _decoder.decode(line)
        except UNREADABLE as error:
            return f"it broke the protocol: {error}"
        match message:
            case _Listening(ports=ports):
                self.ports = ports
                self._is_up.set()
            case Served(case=case):
                self.served[case] = message
            case _Finished(cpu_ns=cpu_ns):
                self.cpu_ns = cpu_ns
            case _Error(message=text):
                self.failure = f"the site failed: {text}"
        return ""


def _encode_request(cases: Sequence[ModelCase]) -> bytes:
    sites = [
        {"id": case.id, **case.workload.site.resolve(case.params)}
        for case in cases
        if case.workload.site is not None
    ]
    request = {"protocol": _PROTOCOL, "application": "site", "sites": sites}
    return msgspec.json.encode(request) + b"\n"


def find_miscount(case: ModelCase, transcript: Transcript, served: Served) -> str:
    """Return how the requests of a case differ from one for each page in each call, or ''."""
    operations = sum(sample.operations for sample in transcript.samples[case.id])
    calls = operations // case.operations
    if served.strays:
        wrong = units.format_count(served.strays, "request")
        return f"the site got {wrong} for a page that it has not, or again in the same call"
    if served.rest or served.rounds != calls:
        found = f"{served.rounds:,} times" + (
            f", and {served.rest:,} once more" if served.rest else ""
        )
        return f"the site was asked for every page {found}, expected {calls:,} times"
    return ""
