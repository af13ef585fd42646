"""The runner's side of the protocol: read requests, write records, digest answers."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL = 2
_QUOTED_CHARS = 60  # of a wrong value, in an error message
_SENT_CHARS = 200  # of an answer, in addition to its digest
_LARGEST_LATENCY_NS = 120_000_000_000
_HDR_V2, _HDR_V2_COMPRESSED, _HDR_DIGITS = 0x1C849313, 0x1C849314, 3


class Refused(Exception):  # noqa: N818 - a valid response, not an error in the runner
    """Raised if this runner cannot run a request; says why, and what is available."""


class RequestError(Refused):
    """The request breaks the protocol; the message has the key, and what was found and expected."""


class Case(NamedTuple):
    """A case of a request; docs/protocol.md explains the fields."""

    id: str
    params: dict[str, int | str]
    operations: int
    warmup: int
    iterations: int
    min_sample_ns: int


class Request(NamedTuple):
    """What the harness asks a trial to do."""

    workload: str
    model: str
    variant: str
    seed: int
    cases: list[Case]
    turns: bool = False  # the last case is sampled one sample at a time, when the harness says so
    run_up_ns: int = 0  # unmeasured work before the sample of a turn


def parse_request(line: str | bytes) -> Request:
    """Parse a request line, ignoring unknown fields. Raises RequestError."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        text = bytes(line).decode("utf-8", "replace") if isinstance(line, bytes) else line
        quoted = text.strip()[:_QUOTED_CHARS] or "nothing"
        raise RequestError(f"request: not a JSON object: found {quoted}")
    version = message.get("protocol", ...)
    if type(version) is not int or version != PROTOCOL:  # == alone would accept True and 1.0
        raise _wrong("protocol", version, PROTOCOL)
    cases = message.get("cases", ...)
    request = Request(
        workload=_text(message, "workload"),
        model=_text(message, "model"),
        variant=_text(message, "variant", default=""),
        seed=_integer(message, "seed", least=0, default=0),
        cases=[],
        turns=_flag(message, "turns"),
        run_up_ns=_integer(message, "run_up_ns", least=0, default=0),
    )
    if not isinstance(cases, list) or not cases:
        raise _wrong("cases", cases, "at least one case")
    for index, values in enumerate(cases):
        case = _case(values, f"cases[{index}]")
        if any(case.id == other.id for other in request.cases):
            raise RequestError(
                f'request: cases[{index}].id: found "{case.id}" again, expected each id once'
            )
        request.cases.append(case)
    return request


def _case(case: Any, where: str) -> Case:
    if not isinstance(case, dict):
        raise _wrong(where, case, "a case")
    params = case.get("params", ...)
    if not isinstance(params, dict):
        raise _wrong(f"{where}.params", params, "an object")
    for name, value in params.items():
        if type(value) not in (int, str):
            raise _wrong(f"{where}.params.{name}", value, "an integer or a string")
    return Case(
        id=_text(case, "id", where),
        params=params,
        operations=_integer(case, "operations", where, least=1),
        warmup=_integer(case, "warmup", where, least=0),
        iterations=_integer(case, "iterations", where, least=1),
        min_sample_ns=_integer(case, "min_sample_ns", where, least=0),
    )


def _text(table: dict[str, Any], key: str, where: str = "", default: Any = ...) -> str:
    value = table.get(key, default)
    if not isinstance(value, str):
        raise _wrong(f"{where}.{key}" if where else key, value, "a string")
    return value


def _flag(table: dict[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, value, "true or false")
    return value


def _integer(
    table: dict[str, Any], key: str, where: str = "", *, least: int, default: Any = ...
) -> int:
    value = table.get(key, default)
    if type(value) is not int or value < least:
        raise _wrong(f"{where}.{key}" if where else key, value, f"an integer of at least {least}")
    return value


def _wrong(key: str, found: Any, expected: Any) -> RequestError:
    quoted = "nothing" if found is ... else json.dumps(found, separators=(",", ":"))[:_QUOTED_CHARS]
    return RequestError(f"request: {key}: found {quoted}, expected {expected}")


def canonical_json(value: Any) -> str:
    """Return an answer as JSON; equal answers give equal texts.

    Raises TypeError for a type that does not survive JSON unchanged.
    """
    _check_types(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _check_types(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"answer: found a key of type {type(key).__name__}, expected str")
            _check_types(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_types(item)
    elif type(value) not in (int, str):
        raise TypeError(
            f"answer: found {type(value).__name__}, expected integers, strings, lists and objects"
        )


def digest_answer(value: Any) -> tuple[str, str]:
    """Return the SHA-256 digest of an answer's JSON text, and the first characters of the text."""
    import hashlib

    text = canonical_json(value)
    return hashlib.sha256(text.encode("ascii")).hexdigest(), text[:_SENT_CHARS]


def encode_histogram(latencies_ns: list[int]) -> str:
    """Return latencies of at least 0 as an HdrHistogram: V2, compressed, in base64.

    It counts from 1 ns to 120 s with three significant digits. Rejected: a lowest value of 1 µs,
    which would be fine enough, but makes it count in steps of 512 ns; at 20 µs that is one digit
    and a half. Rejected: the library, an extension that switches on the GIL of a free-threaded
    Python.
    """
    import base64
    import struct
    import zlib
    from collections import Counter

    counts = Counter(_bucket(min(ns, _LARGEST_LATENCY_NS)) for ns in latencies_ns)
    payload, last = bytearray(), -1
    for index in sorted(counts):
        if empty := index - last - 1:  # a run of empty buckets is one negative number
            payload += _zig_zag(-empty)
        payload += _zig_zag(counts[index])
        last = index
    head = (_HDR_V2, len(payload), 0, _HDR_DIGITS, 1, _LARGEST_LATENCY_NS, 1.0)
    packed = zlib.compress(struct.pack(">iiiiqqd", *head) + payload)
    return base64.b64encode(struct.pack(">ii", _HDR_V2_COMPRESSED, len(packed)) + packed).decode()


def _bucket(value: int) -> int:
    """Return the index of a value: 2,048 buckets of width 1, then 1,024 for each power of two."""
    shift = max(0, value.bit_length() - 11)
    return 1_024 * shift + (value >> shift)


def _zig_zag(count: int) -> bytes:
    """Return a number in the LEB128 of HdrHistogram: small ones are short, of either sign."""
    rest, encoded = (count << 1) ^ (count >> 63), bytearray()
    while rest >= 0x80 and len(encoded) < 8:  # noqa: PLR2004 - the ninth byte has all its bits
        encoded.append((rest & 0x7F) | 0x80)
        rest >>= 7
    encoded.append(rest)
    return bytes(encoded)


def take_stdio() -> tuple[int, Callable[[dict[str, Any]], None]]:
    """Take over standard input and output; return the input descriptor and a record writer.

    Afterwards descriptor 1 is standard error and descriptor 0 is the null device, so nothing that
    an implementation prints or reads can reach the protocol. Programs that an implementation
    starts do not inherit the private descriptors.
    """
    private_in, private_out = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)

    def emit(record: dict[str, Any]) -> None:
        data = json.dumps(record).encode() + b"\n"
        while data:
            data = data[os.write(private_out, data) :]

    return private_in, emit


def read_line(descriptor: int) -> bytes:
    """Read one line and nothing after it: the next line may be the `stop` of a server."""
    data = bytearray()
    while not data.endswith(b"\n"):
        byte = os.read(descriptor, 1)  # a request is short: this takes well under 1 ms
        if not byte:
            break
        data += byte
    return bytes(data)
