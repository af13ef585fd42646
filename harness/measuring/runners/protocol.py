"""The messages of the runner protocol, and how the harness encodes and decodes them.

docs/protocol.md is the specification; docs/protocol.schema.json is generated from the types here
(`python -m harness.measuring.runners.protocol` prints it).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import ModelCase

PROTOCOL = 2
_LONGEST_RUN_UP_NS = 20_000_000
_RUN_UP_NS = 2_000_000  # long enough for a process that has waited to be warm again
ALONE_PROTOCOL = 1  # a runner that speaks this version is measured alone, without turns
Fact = str | int | bool


class ProtocolError(ValueError):
    """A runner sent an invalid message, or a message out of order."""


class RequestCase(msgspec.Struct, frozen=True):
    """One case of a request."""

    id: str
    params: dict[str, int | str]
    operations: int
    warmup: int
    iterations: int
    min_sample_ns: int


class Request(msgspec.Struct, frozen=True):
    """The single line that starts a trial."""

    workload: str
    model: str
    variant: str
    seed: int
    cases: tuple[RequestCase, ...]
    protocol: int = PROTOCOL
    turns: bool = False  # the last case is sampled one sample at a time, when the harness says so
    run_up_ns: int = 0  # unmeasured work before the sample of a turn


class Implementation(msgspec.Struct, frozen=True):
    """One source file, run on one model."""

    workload: str
    model: str
    source: str
    variant: str = ""
    files: tuple[str, ...] = ()  # besides `source`


class OfferedProbe(msgspec.Struct, frozen=True):
    """One source file that answers a question about behaviour, run on one model."""

    question: str
    model: str
    source: str


class ProbeRequest(msgspec.Struct, frozen=True):
    """The single line that starts a probe."""

    question: str
    model: str
    protocol: int = PROTOCOL


class Unavailable(msgspec.Struct, frozen=True):
    """A model that cannot run on this machine."""

    model: str
    reason: str


class Description(msgspec.Struct, frozen=True):
    """The output of `RUNNER describe`."""

    protocol: int
    language: str
    version: str
    implementations: tuple[Implementation, ...]
    facts: dict[str, Fact] = {}
    unavailable: tuple[Unavailable, ...] = ()
    probes: tuple[OfferedProbe, ...] = ()


class Started(msgspec.Struct, frozen=True, tag="started", tag_field="kind"):
    """The runtime is up."""

    protocol: int
    facts: dict[str, Fact] = {}


class SampleTaken(msgspec.Struct, frozen=True, tag="sample", tag_field="kind"):
    """One timed iteration."""

    case: str
    iteration: int
    elapsed_ns: int
    operations: int
    warmup: bool = False
    cpu_ns: int | None = None


class Outcome(msgspec.Struct, frozen=True, tag="outcome", tag_field="kind"):
    """The answer of the calls of a case; one message per distinct answer."""

    case: str
    digest: str
    value: str = ""
    observed: dict[str, int] = {}


class Failed(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    """A case failed or, without a case, the whole trial."""

    message: str
    case: str | None = None
    reason: str = "crash"


class Finished(msgspec.Struct, frozen=True, tag="finished", tag_field="kind"):
    """The trial is complete, with the resource usage of the process."""

    usage: dict[str, int] = {}
    facts: dict[str, Fact] = {}  # that are known only after the work


class Latency(msgspec.Struct, frozen=True, tag="latency", tag_field="kind"):
    """The distribution of latencies of a case."""

    case: str
    hdr: str  # the size of each, whether late or early
    early_hdr: str = ""  # how early the early ones were; they are in `hdr` too


class Footprint(msgspec.Struct, frozen=True, tag="footprint", tag_field="kind"):
    """Memory while `tasks` tasks were alive and waiting."""

    case: str
    tasks: int
    bytes: int  # resident; shared pages are divided among the processes (PSS)
    virtual_bytes: int | None = None  # reserved address space
    kernel_bytes: int | None = None  # page tables and kernel stacks


class Ready(msgspec.Struct, frozen=True, tag="ready", tag_field="kind"):
    """The last case is warm and waits for its turns."""

    case: str


class Listening(msgspec.Struct, frozen=True, tag="listening", tag_field="kind"):
    """A server accepts connections."""

    port: int


class Evidence(msgspec.Struct, frozen=True, tag="evidence", tag_field="kind"):
    """One thing that a probe saw."""

    text: str


class Observed(msgspec.Struct, frozen=True, tag="observed", tag_field="kind"):
    """The word for what a probe observed; the last one counts."""

    word: str


ProbeMessage = Evidence | Observed | Failed
Message = (
    Started | SampleTaken | Outcome | Failed | Finished | Latency | Footprint | Ready | Listening
)

_message_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_probe_message_decoder: msgspec.json.Decoder[ProbeMessage] = msgspec.json.Decoder(ProbeMessage)
_description_decoder = msgspec.json.Decoder(Description)
_MAX_QUOTED = 120  # characters of a bad line in an error message


def decode_message(line: bytes) -> Message:
    """Decode one line from a runner. Raises ProtocolError."""
    try:
        return _message_decoder.decode(line)
    except UNREADABLE as error:
        raise ProtocolError(f"{error}; the line: {_quote(line)}") from None


def decode_probe_message(line: bytes) -> ProbeMessage:
    """Decode one line from a probe. Raises ProtocolError."""
    try:
        return _probe_message_decoder.decode(line)
    except UNREADABLE as error:
        raise ProtocolError(f"{error}; the line: {_quote(line)}") from None


def decode_description(text: bytes) -> Description:
    """Decode the output of `describe`. Raises ProtocolError, also for another protocol version."""
    try:
        description = _description_decoder.decode(text)
    except UNREADABLE as error:
        raise ProtocolError(f"describe: {error}; the output: {_quote(text)}") from None
    check_version(description.protocol)
    return description


def _quote(line: bytes) -> str:
    text = line.decode("utf-8", "replace").strip()
    return repr(text if len(text) <= _MAX_QUOTED else text[:_MAX_QUOTED] + "...")


def check_version(found: int) -> None:
    """Raise ProtocolError unless this is the version of the harness."""
    if found not in (ALONE_PROTOCOL, PROTOCOL):
        raise ProtocolError(
            f"the runner speaks protocol {found},"
            f" this harness speaks {ALONE_PROTOCOL} and {PROTOCOL}"
        )


def encode_request(request: Request | ProbeRequest) -> bytes:
    """Encode a request as a line."""
    return msgspec.json.encode(request) + b"\n"


def encode_turn(processor: int | None) -> bytes:
    """Encode the line that gives a turn, with the processor to begin on if it is known."""
    where = {} if processor is None else {"processor": processor}
    return msgspec.json.encode({"kind": "turn", **where}) + b"\n"


def create_request(
    contestant: Contestant,
    cases: Iterable[ModelCase],
    seed: int,
    version: int = PROTOCOL,
    *,
    turns: bool = False,
) -> Request:
    """Return the request for one trial: these cases, in order, in one process.

    With `turns` the last case is sampled in turns, which takes a runner of version 2.
    """
    cases = tuple(cases)
    # A run-up calls the first case, so one that waits for long would cost more than it is worth;
    # and a site would count requests that belong to no sample.
    workload = cases[0].workload
    waits = workload.shape == "latency" or (cases[0].ideal_ns or 0) > _LONGEST_RUN_UP_NS
    waits |= workload.site is not None
    run_up_ns = max(_RUN_UP_NS, workload.run_up_ns(contestant.model))
    return Request(
        workload=contestant.workload,
        model=contestant.model,
        variant=contestant.variant,
        seed=seed,
        cases=tuple(map(_create_request_case, cases)),
        protocol=version,
        turns=turns,
        run_up_ns=run_up_ns if turns and not waits else 0,
    )


def _create_request_case(case: ModelCase) -> RequestCase:
    """Return one case of a request. A server is called once; the load generator sets its pace."""
    serves = case.workload.load is not None
    return RequestCase(
        id=case.id,
        params=case.params,
        operations=case.operations,
        warmup=0 if serves else case.sampling.warmup,
        iterations=1 if serves else case.sampling.iterations,
        min_sample_ns=0 if serves else case.sampling.min_sample_ns,
    )


def canonical(value: Any) -> str:
    """Return the canonical JSON of an answer, as defined in docs/protocol.md."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of an answer."""
    return hashlib.sha256(canonical(value).encode("ascii")).hexdigest()


def schema() -> dict[str, Any]:
    """Return the JSON Schema of the request, the description and every message."""
    roots = (Request, Description, Message, ProbeRequest, ProbeMessage)
    schemas, definitions = msgspec.json.schema_components(roots, ref_template="#/$defs/{name}")
    names = ("request", "description", "message", "probe_request", "probe_message")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"The Loombench runner protocol, version {PROTOCOL}",
        "description": "A line from the harness is a request, a line from a runner is a message,"
        " and `describe` prints one description. See protocol.md.",
        "$defs": {
            **definitions,
            **dict(zip(names, schemas, strict=True)),
        },
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in names],
    }


def schema_text() -> str:
    """Return the text of docs/protocol.schema.json."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
