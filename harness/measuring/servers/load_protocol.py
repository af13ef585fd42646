"""The harness's side of the load generator: how it is asked, and what it answers. docs/load.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from harness.catalog.workload import CHECK
from harness.measuring.runners.protocol import PROTOCOL, Fact, ProtocolError, check_version
from harness.results.records import Phase

if TYPE_CHECKING:
    from harness.catalog.workload import Load, ModelCase
    from harness.results.records import Status

# Deep nesting, and text that is no UTF-8, are no DecodeError.
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_A_CONNECTION_NS = 2_000_000  # more time to connect: a slow machine takes most of a millisecond
_LIMITED = 0.95  # of the processor time it could have had


class PhaseAsked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One phase of a load."""

    loop: str
    duration_ns: int = 0
    requests: int = 0  # of each connection; 0: as many as the duration allows
    rate_per_s: int = 0
    factor_percent: int = 0
    steps: int = 0
    warmup: bool = False


class LoadRequest(msgspec.Struct, frozen=True):
    """The one line a load generator is asked with."""

    application: str
    address: str
    connections: int
    message_bytes: int
    path: str
    body: str
    seed: int
    phases: tuple[PhaseAsked, ...]
    connect_timeout_ns: int
    answer_timeout_ns: int
    protocol: int = PROTOCOL


class LoadStarted(msgspec.Struct, frozen=True, tag="started", tag_field="kind"):
    """The generator is up."""

    protocol: int
    facts: dict[str, Fact] = {}


class Connected(msgspec.Struct, frozen=True, tag="connected", tag_field="kind"):
    """All connections are open."""

    connections: int
    elapsed_ns: int


class PhaseDone(msgspec.Struct, frozen=True, tag="phase", tag_field="kind"):
    """What came of a phase, or of a step of a ladder."""

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
    late_p99_ns: int = 0
    cpu_ns: int | None = None
    saturated: bool = False


class LoadFinished(msgspec.Struct, frozen=True, tag="finished", tag_field="kind"):
    """The end."""

    served: int  # connections that were answered rightly from first to last


class LoadFailed(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    """It could not go on."""

    message: str
    reason: str = "crash"


Said = LoadStarted | Connected | PhaseDone | LoadFinished | LoadFailed
_decoder: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def request_for(case: ModelCase, port: int, seed: int) -> LoadRequest:
    """Return how the server of a case is loaded. The workload has a `load`."""
    load = case.workload.load
    assert load is not None
    connections = int(case.params["connections"])
    return LoadRequest(
        application=load.application,
        address=f"127.0.0.1:{port}",
        connections=connections,
        message_bytes=int(case.params.get("message_bytes", 0)),
        path=load.path,
        body=load.body,
        seed=seed,
        phases=_phases(load, case),
        connect_timeout_ns=load.connect_ms * 1_000_000 + connections * _A_CONNECTION_NS,
        answer_timeout_ns=load.answer_ms * 1_000_000,
    )


def _phases(load: Load, resolved: ModelCase) -> tuple[PhaseAsked, ...]:
    case, sampling = resolved.case, resolved.sampling
    if case.id == CHECK:
        return (PhaseAsked("closed", requests=load.requests),)
    lasting = sampling.min_sample_ns
    rate_ns = load.rate_ms * 1_000_000
    phases = [PhaseAsked("closed", lasting, warmup=True) for _ in range(sampling.warmup)]
    if case.ladder:
        steps, percent = load.ladder_steps, load.ladder_percent
        return (*phases, PhaseAsked("ladder", rate_ns, 0, load.ladder_from, percent, steps))
    if load.drains:
        return (*phases, PhaseAsked("drain", rate_ns, rate_per_s=case.rate_per_s))
    phases += [PhaseAsked("closed", lasting) for _ in range(sampling.iterations)]
    if case.rate_per_s:
        phases.append(PhaseAsked("open", rate_ns, rate_per_s=case.rate_per_s))
    return tuple(phases)


def encode(request: LoadRequest) -> bytes:
    """Return the request line."""
    return msgspec.json.encode(request) + b"\n"


class LoadReport:
    """What a load generator has reported so far."""

    def __init__(self) -> None:
        self.facts: dict[str, Fact] = {}
        self.is_connected = False
        self.phases: list[Phase] = []
        self.served: int | None = None
        self.failed: LoadFailed | None = None

    def take_line(self, line: bytes) -> None:
        """Take in one line. Raises ProtocolError."""
        try:
            said = _decoder.decode(line)
        except _UNREADABLE as error:
            raise ProtocolError(str(error)) from None
        match said:
            case LoadStarted():
                check_version(said.protocol)
                self.facts = said.facts
            case Connected():
                self.is_connected = True
            case PhaseDone():
                self.phases.append(
                    Phase(
                        loop=said.loop,
                        elapsed_ns=said.elapsed_ns,
                        requests=said.requests,
                        rate_per_s=said.rate_per_s,
                        warmup=said.warmup,
                        saturated=said.saturated,
                        errors=said.errors,
                        reconnects=said.reconnects,
                        hdr=said.hdr,
                        service_hdr=said.service_hdr,
                        late_p99_ns=said.late_p99_ns,
                        cpu_ns=said.cpu_ns,
                    )
                )
            case LoadFinished():
                self.served = said.served
            case LoadFailed():
                self.failed = said

    def is_warm(self, case: ModelCase) -> bool:
        """Return whether it is connected and has made the load that does not count."""
        return self.is_connected and len(self.phases) >= case.sampling.warmup

    def warnings(self) -> tuple[str, ...]:
        """Return in words what keeps these numbers from being the server's own."""
        climbed = [phase for phase in self.phases if phase.loop == "ladder"]
        found = [self._limited()]
        if climbed and climbed[0].saturated:
            found.append("saturated at the first step of the ladder: no lower rate was tried")
        elif climbed and not climbed[-1].saturated:
            found.append("the ladder ended before it was saturated: it could do more")
        return tuple(filter(None, found))

    def _limited(self) -> str:
        """Return in words where the generator and not the server was the limit, or nothing."""
        cores = self.facts.get("gomaxprocs", 1)
        if not isinstance(cores, int) or cores < 1:
            return ""
        shares = [
            phase.cpu_ns / (phase.elapsed_ns * cores)
            for phase in self.phases
            if phase.loop in ("closed", "ladder") and not phase.warmup
            if phase.cpu_ns is not None and phase.elapsed_ns > 0
        ]
        if max(shares, default=0.0) > _LIMITED:
            return (
                f"client limited: the load generator used {100 * max(shares):.0f}% of its"
                " processors, so the server could have done more"
            )
        return ""


class LoadFailure(NamedTuple):
    """Why a server could not be loaded, and the status that its trial gets."""

    status: Status
    message: str
