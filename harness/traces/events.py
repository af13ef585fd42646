"""The events of a traced run, and the messages that carry them between harness and runner."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.errors import UNREADABLE, Problem

PROTOCOL = 1
NOBODY = -1  # no lane: the loop itself, a timer, the kernel
_LONGEST_QUOTE = 120  # characters of a bad line


class Kind(StrEnum):
    """What happened to a lane, which is a task, a greenlet, a thread, a process or a goroutine."""

    CREATED = "created"
    READY = "ready"  # it can run, and has to wait until it is its turn
    RUNS = "runs"
    YIELDS = "yields"  # it stops running, and could go on
    WAITS = "waits"
    DONE = "done"
    SLEEPS = "sleeps"  # a loop begins to wait in the kernel; has no lane
    WAKES = "wakes"  # a loop is back


class Event(msgspec.Struct, frozen=True, array_like=True):
    """One event; on the wire `[ns, kind, lane, other, text, group]`, of which the end may lack.

    `other` is the lane that created or woke this one. `text` is the name of a new lane, what a lane
    waits for, or what woke it if no lane did. Of the lanes of one `group`, such as a loop or a GIL,
    only one can run at a time; lanes without a group run in parallel.
    """

    ns: int  # of a monotonic clock, the same for all lanes
    kind: Kind
    lane: int
    other: int = NOBODY
    text: str = ""
    group: str = ""


class Request(msgspec.Struct, frozen=True):
    """The single line that starts a traced run, or the same run without tracing."""

    program: str  # a workload or a scene
    model: str
    params: dict[str, int | str]
    traced: bool
    protocol: int = PROTOCOL
    # Of the events: `wall`, or `cpu`, the CPU time of the process, on which a lane that runs is not
    # charged for what other programs do. Only the Python runner has it.
    clock: str = "wall"


class Events(msgspec.Struct, frozen=True, tag="events", tag_field="kind"):
    """Some events, in no order."""

    events: tuple[Event, ...]


class Ended(msgspec.Struct, frozen=True, tag="ended", tag_field="kind"):
    """The run is over. The program ran from `start_ns` to `end_ns` of the clock of the events."""

    start_ns: int
    end_ns: int
    cpu_ns: int  # of all its threads and processes, meanwhile
    answer: object  # of the program
    sees: str = ""  # what this recording can and cannot see


class Failed(msgspec.Struct, frozen=True, tag="error", tag_field="kind"):
    """The run failed."""

    message: str
    reason: str = "crash"


Message = Events | Ended | Failed
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def encode(request: Request) -> bytes:
    """Encode a request as a line."""
    return msgspec.json.encode(request) + b"\n"


def decode(line: bytes) -> Message:
    """Decode one line of a runner. Raises Problem."""
    try:
        return _decoder.decode(line)
    except UNREADABLE as error:
        quoted = line.decode("utf-8", "replace").strip()[:_LONGEST_QUOTE]
        raise Problem(
            f"the runner sent no message of a trace: {error}; the line: {quoted}"
        ) from None
