"""The runner's side of the protocol: read a request, write records, digest an answer."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

PROTOCOL = 1
_FOUND_SHOWN = 60  # characters of a wrong value that an error quotes
_VALUE_SHOWN = 200  # characters of an answer that travel beside its digest


class Refused(Exception):  # noqa: N818 - it is an answer, and no fault of the runner
    """A request that cannot be carried out here; the text says why, and what there is."""


class RequestError(Refused):
    """The request is not one of this protocol: says the key, what was found, what was expected."""


class Case(NamedTuple):
    """One case of a request; docs/protocol.md says what each field means."""

    id: str
    params: dict[str, int | str]
    operations: int
    warmup: int
    iterations: int
    min_sample_ns: int


class Request(NamedTuple):
    """What one trial is asked to do."""

    workload: str
    model: str
    variant: str
    seed: int
    cases: list[Case]


def parse_request(line: str | bytes) -> Request:
    """Read a request line; unknown fields are ignored. Raises RequestError."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    if not isinstance(message, dict):
        shown = bytes(line).decode("utf-8", "replace") if isinstance(line, bytes) else line
        raise RequestError(f"request: not a JSON object: found {shown.strip()[:60] or 'nothing'}")
    version = message.get("protocol", ...)
    if type(version) is not int or version != PROTOCOL:  # True and 1.0 would equal it
        raise _wrong("protocol", version, PROTOCOL)
    cases = message.get("cases", ...)
    request = Request(
        workload=_text(message, "workload"),
        model=_text(message, "model"),
        variant=_text(message, "variant", default=""),
        seed=_integer(message, "seed", least=0, default=0),
        cases=[],
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


def _integer(
    table: dict[str, Any], key: str, where: str = "", *, least: int, default: Any = ...
) -> int:
    value = table.get(key, default)
    if type(value) is not int or value < least:
        raise _wrong(f"{where}.{key}" if where else key, value, f"an integer of at least {least}")
    return value


def _wrong(key: str, found: Any, expected: Any) -> RequestError:
    shown = "nothing" if found is ... else json.dumps(found, separators=(",", ":"))[:_FOUND_SHOWN]
    return RequestError(f"request: {key}: found {shown}, expected {expected}")


def canonical(value: Any) -> str:
    """Return the one JSON text of an answer. Raises TypeError for what cannot travel."""
    _check_travels(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _check_travels(value: Any) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"answer: found a key of type {type(key).__name__}, expected str")
            _check_travels(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_travels(item)
    elif type(value) not in (int, str):
        raise TypeError(
            f"answer: found {type(value).__name__}, expected integers, strings, lists and objects"
        )


def answer(value: Any) -> tuple[str, str]:
    """Return the digest of an answer and the beginning of its text."""
    import hashlib

    text = canonical(value)
    return hashlib.sha256(text.encode("ascii")).hexdigest(), text[:_VALUE_SHOWN]


def histogram(waits: list[int]) -> str:
    """Return the distribution of waits in ns as an HdrHistogram, V2, compressed, base64.

    From 1 ns to 120 s with three digits: with a lowest value of 1 µs, which nobody needs to be
    finer than, it would count in steps of 512 ns, and at 20 µs that is one digit and a half. The
    library is loaded only now, after the last sample.
    """
    from hdrh.histogram import HdrHistogram

    counted = HdrHistogram(1, 120_000_000_000, 3)
    for wait in waits:
        counted.record_value(min(max(wait, 0), 120_000_000_000))
    encoded: bytes = counted.encode()
    return encoded.decode("ascii")


def take_stdio() -> tuple[int, Callable[[dict[str, Any]], None]]:
    """Move standard input and output aside, and return (input descriptor, record writer).

    Descriptor 1 then points at standard error and descriptor 0 at nothing, so whatever an
    implementation prints or reads cannot get into the protocol. The private descriptors are not
    inherited by programs that an implementation starts.
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
    """Read up to the first line end, and nothing after it: the next line is a server's `stop`."""
    data = bytearray()
    while not data.endswith(b"\n"):
        byte = os.read(descriptor, 1)  # a request is short, so this costs well under 1 ms
        if not byte:
            break
        data += byte
    return bytes(data)
