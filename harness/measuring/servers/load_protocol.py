"""The messages between the harness and the load generator; see go/load/doc.go."""

from __future__ import annotations

import os
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from harness.catalog.workload import CHECK
from harness.errors import UNREADABLE
from harness.measuring.runners.protocol import Fact, ProtocolError
from harness.results.records import CLIENT_LIMITED, Phase
from harness.statistics.latencies import requests_needed
from harness.statistics.rounds import FEWEST_LONG_ROUNDS

if TYPE_CHECKING:
    from harness.catalog.parts import Load
    from harness.catalog.workload import ModelCase
    from harness.results.records import Status

_CONNECT_NS_EACH = 2_000_000  # extra timeout per connection: a slow machine needs nearly 1 ms
_LIMITED = 0.95  # share of the CPU time available to the load generator
_KEPT = 0.7  # share of the fixed rate that a server must answer, or it is overloaded

# Connections that are opened and closed before the phases, for each processor, since a server may
# have a worker on each. The kernel picks a worker at random; one that gets none of 16 per worker is
# as likely as e**-16.
_VISITS_PER_PROCESSOR = 16
_MIN_WORKERS = 2

# Of each connection in a sample. A slow server that works on all connections at once would else
# have answered none, or all just once, when a short sample ends.
_LEAST_RESPONSES = 4
_RUN_UP_NS = 5_000_000  # of unmeasured load at the start of a turn
_BETWEEN_NS = 15_000_000  # between the phases of a turn and the next turn; found: 15 ms

_PROTOCOL = 1  # of the load generator; go/load/doc.go


class PhaseRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One requested phase of load."""

    loop: str
    duration_ns: int = 0
    # Per connection, the least if there is a duration. Ladder: the least in a step.
    requests: int = 0
    rate_per_s: int = 0
    factor_percent: int = 0
    steps: int = 0
    warmup: bool = False


class LoadRequest(msgspec.Struct, frozen=True):
    """The single line that starts a load generator."""

    application: str
    address: str
    connections: int
    message_bytes: int
    path: str
    body: str
    seed: int
    phases: tuple[PhaseRequest, ...]
    turns: tuple[PhaseRequest, ...]  # run once for each turn, after the phases; none: no turns
    connect_timeout_ns: int
    answer_timeout_ns: int
    visits: int  # connections that are opened for one request each before the phases
    server_pids: tuple[int, ...] = ()  # processes whose CPU time is measured; none: unknown
    protocol: int = _PROTOCOL


class LoadStarted(msgspec.Struct, frozen=True, tag="started", tag_field="kind"):
    """The load generator is running."""

    protocol: int
    facts: dict[str, Fact] = {}


class Connected(msgspec.Struct, frozen=True, tag="connected", tag_field="kind"):
    """All connections are open."""

    connections: int
    elapsed_ns: int


class LoadReady(msgspec.Struct, frozen=True, tag="ready", tag_field="kind"):
    """The phases are done, and the load waits for its turns."""

    connections: int


class PhaseDone(msgspec.Struct, frozen=True, tag="phase", tag_field="kind"):
    """The results of a phase or of one step of a ladder."""

    phase: int
    loop: str
    elapsed_ns: int
    requests: int
    warmup: bool = False
    rate_per_s: int = 0
    unfinished: int = 0
    errors: dict[str, int] = {}
    reconnects: int = 0
    hdr: str = ""
    service_hdr: str = ""
    late_hdr: str = ""
    cpu_ns: int | None = None
    server_cpu_ns: int | None = None
    saturated: bool = False


class LoadFinished(msgspec.Struct, frozen=True, tag="finished", tag_field="kind"):
    """The load is complete."""

    served: int  # connections with only correct responses


class LoadFailed(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    """The load generator could not continue."""

    message: str
    reason: str = "crash"


LoadMessage = LoadStarted | Connected | LoadReady | PhaseDone | LoadFinished | LoadFailed
_decoder: msgspec.json.Decoder[LoadMessage] = msgspec.json.Decoder(LoadMessage)


def create_request(
    case: ModelCase,
    port: int,
    seed: int,
    server_pids: tuple[int, ...] = (),
    *,
    turns: int = 0,
) -> LoadRequest:
    """Return the request that loads the server of a case. The workload must have a `load`.

    With `turns`, the expected number of them, the server is warmed up, and then measured whenever
    it is its turn.
    """
    load = case.workload.load
    assert load is not None
    connections = int(case.params["connections"])
    visits = _VISITS_PER_PROCESSOR * max(_MIN_WORKERS, os.cpu_count() or 1)
    return LoadRequest(
        application=load.application,
        address=f"127.0.0.1:{port}",
        connections=connections,
        message_bytes=int(case.params.get("message_bytes", 0)),
        path=load.path,
        body=load.body,
        seed=seed,
        phases=_plan_warmup(case) if turns else _plan_phases(load, case),
        turns=_plan_turn(case, turns) if turns else (),
        visits=0 if case.id == CHECK else visits,
        connect_timeout_ns=load.connect_ms * 1_000_000 + connections * _CONNECT_NS_EACH,
        answer_timeout_ns=load.answer_ms * 1_000_000,
        server_pids=server_pids,
    )


def _plan_phases(load: Load, resolved: ModelCase) -> tuple[PhaseRequest, ...]:
    case, sampling = resolved.case, resolved.sampling
    if case.id == CHECK:
        return (PhaseRequest("closed", requests=load.requests),)
    duration_ns = sampling.min_sample_ns
    rate_ns = _rate_ns(resolved)
    phases = list(_plan_warmup(resolved))
    if case.ladder:
        steps, percent = load.ladder_steps, load.ladder_percent
        ladder = PhaseRequest(
            "ladder", rate_ns, requests_needed({"p99_ns"}), load.ladder_from, percent, steps
        )
        return (*phases, ladder)
    if load.drains:
        return (*phases, PhaseRequest("drain", rate_ns, rate_per_s=case.rate_per_s))
    phases += [PhaseRequest("closed", duration_ns) for _ in range(sampling.iterations)]
    if case.rate_per_s:
        phases.append(PhaseRequest("open", rate_ns, rate_per_s=case.rate_per_s))
    return tuple(phases)


def _plan_warmup(resolved: ModelCase) -> tuple[PhaseRequest, ...]:
    sampling = resolved.sampling
    return (PhaseRequest("closed", sampling.min_sample_ns, warmup=True),) * sampling.warmup


def expect_turns(resolved: ModelCase, servers: int, block_ns: int, most: int) -> int:
    """Return how many turns each of so many servers can take in the time for a block.

    At least three, if that many are wanted: in one turn a slow phase could not be told.
    """
    rate_ns = _rate_ns(resolved) if resolved.case.rate_per_s else 0
    turn_ns = _RUN_UP_NS + resolved.sampling.min_sample_ns + _BETWEEN_NS
    fitting = (block_ns // servers - rate_ns) // turn_ns
    return max(min(FEWEST_LONG_ROUNDS, most), min(most, fitting))


def _rate_ns(resolved: ModelCase) -> int:
    load = resolved.workload.load
    assert load is not None
    return load.rate_ms * 1_000_000


def _plan_turn(resolved: ModelCase, turns: int) -> tuple[PhaseRequest, ...]:
    """Return one sample of the closed loop, and a share of the phase at a fixed rate.

    All turns together have the whole phase, however few they are: a percentile needs its requests.
    """
    case, sampling = resolved.case, resolved.sampling
    phases = (
        PhaseRequest("closed", _RUN_UP_NS, warmup=True),
        PhaseRequest("closed", sampling.min_sample_ns, _LEAST_RESPONSES),
    )
    if not case.rate_per_s:
        return phases
    rate_ns = _rate_ns(resolved) // turns
    return (*phases, PhaseRequest("open", rate_ns, rate_per_s=case.rate_per_s))


def encode(request: LoadRequest) -> bytes:
    """Encode a request as a line."""
    return msgspec.json.encode(request) + b"\n"


class LoadReport:
    """The messages of a load generator so far."""

    def __init__(self, phases_before_turns: int = 0, phases_in_turn: int = 0) -> None:
        self._phases_before_turns = phases_before_turns
        self._phases_in_turn = phases_in_turn
        self.is_ready = False  # for its turns
        self.facts: dict[str, Fact] = {}
        self.is_connected = False
        self.phases: list[Phase] = []
        self.served: int | None = None
        self.failed: LoadFailed | None = None

    def receive_line(self, line: bytes) -> None:
        """Add one line. Raises ProtocolError."""
        try:
            message = _decoder.decode(line)
        except UNREADABLE as error:
            raise ProtocolError(str(error)) from None
        match message:
            case LoadStarted():
                if message.protocol != _PROTOCOL:
                    raise ProtocolError(
                        f"it speaks protocol {message.protocol}, this harness speaks {_PROTOCOL}"
                    )
                self.facts = message.facts
            case Connected():
                self.is_connected = True
            case LoadReady():
                self.is_ready = True
            case PhaseDone():
                self.phases.append(
                    Phase(
                        loop=message.loop,
                        elapsed_ns=message.elapsed_ns,
                        requests=message.requests,
                        rate_per_s=message.rate_per_s,
                        warmup=message.warmup,
                        saturated=message.saturated,
                        errors=message.errors,
                        reconnects=message.reconnects,
                        unfinished=message.unfinished,
                        hdr=message.hdr,
                        service_hdr=message.service_hdr,
                        late_hdr=message.late_hdr,
                        cpu_ns=message.cpu_ns,
                        server_cpu_ns=message.server_cpu_ns,
                    )
                )
            case LoadFinished():
                self.served = message.served
            case LoadFailed():
                self.failed = message

    @property
    def turns_taken(self) -> int:
        """How many turns are complete."""
        if not self._phases_in_turn:
            return 0
        return max(0, len(self.phases) - self._phases_before_turns) // self._phases_in_turn

    def is_warm(self, case: ModelCase) -> bool:
        """Return whether the generator is connected and has completed the warm-up phases."""
        return self.is_connected and len(self.phases) >= case.sampling.warmup

    def warnings(self) -> tuple[str, ...]:
        """Return why these numbers may not show the capacity of the server."""
        steps = [phase for phase in self.phases if phase.loop == "ladder"]
        warnings = [self._describe_client_limit(), self._describe_overload()]
        if steps and steps[0].saturated:
            warnings.append("saturated at the first step of the ladder: no lower rate was tried")
        elif steps and not steps[-1].saturated:
            warnings.append("the ladder ended before the server was saturated: it could do more")
        return tuple(filter(None, warnings))

    def _describe_overload(self) -> str:
        """Return a warning if the server did not keep up with the fixed rate, or an empty text."""
        steady = [phase for phase in self.phases if phase.loop == "open" and phase.elapsed_ns > 0]
        if not steady:
            return ""
        rate = steady[0].rate_per_s
        answered = median(1e9 * phase.requests / phase.elapsed_ns for phase in steady)
        if answered >= _KEPT * rate:
            return ""
        return (
            f"overloaded: it answered {answered:,.0f} of {rate:,} requests per second, so its"
            " latency is that of a queue that grows"
        )

    def _describe_client_limit(self) -> str:
        """Return a warning if the load generator was the limit, or an empty text."""
        cores = self.facts.get("gomaxprocs", 1)
        if not isinstance(cores, int) or cores < 1:
            return ""
        closed, rising = (
            [
                phase.cpu_ns / (phase.elapsed_ns * cores)
                for phase in self.phases
                if phase.loop == loop and not phase.warmup
                if phase.cpu_ns is not None and phase.elapsed_ns > 0
            ]
            for loop in ("closed", "ladder")
        )
        # In half of the turns, or at the highest rate.
        share = max(median(closed or [0.0]), *rising, 0.0)
        if share <= _LIMITED:
            return ""
        return (
            f"{CLIENT_LIMITED}: the load generator used {100 * share:.0f}% of its"
            " CPU time, so the server could have done more"
        )


class LoadFailure(NamedTuple):
    """Why a server could not be loaded, and the status of its trial."""

    status: Status
    message: str
