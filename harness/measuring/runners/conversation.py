"""What one trial has said so far, and whether it said it at the right moment. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.measuring.runners.protocol import (
    Failed,
    Finished,
    Footprint,
    Latency,
    Listening,
    Outcome,
    ProtocolError,
    SampleTaken,
    Started,
    check_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.measuring.runners.protocol import Message, RequestCase

_LAST_PORT = 65_535


class Conversation:
    """What one trial has said so far. `hear` refuses what comes at the wrong moment.

    The order: started, then for each case its samples and one or more outcomes, or an error; then
    finished. An error without a case ends everything. Only a server says that it is listening.
    """

    def __init__(self, cases: Iterable[RequestCase], *, serves: bool = False) -> None:
        self._serves = serves
        self.cases = {case.id: case for case in cases}
        self._open = list(self.cases)  # cases not yet left, in order
        self.started: Started | None = None
        self.finished: Finished | None = None
        self.failed: Failed | None = None  # the trial as a whole
        self.samples: dict[str, list[SampleTaken]] = {id_: [] for id_ in self.cases}
        self.outcomes: dict[str, list[Outcome]] = {id_: [] for id_ in self.cases}
        self.latencies: dict[str, str] = {}  # HdrHistogram V2, base64
        self.footprints: dict[str, list[Footprint]] = {id_: [] for id_ in self.cases}
        self.errors: dict[str, Failed] = {}
        self._listened: set[str] = set()

    @property
    def current(self) -> str:
        """The case that is running, or the last one."""
        return next(
            (id_ for id_ in self._open if not self._is_over(id_)), next(reversed(self.cases))
        )

    def hear(self, message: Message) -> None:
        """Take in one message. Raises ProtocolError when it is out of order."""
        if self.finished is not None or self.failed is not None:
            raise ProtocolError(f"{_kind(message)} after the end")
        match message:
            case Failed(case=None):
                self.failed = message
            case Started() if self.started is None:
                check_version(message.protocol)
                self.started = message
            case _ if self.started is None:
                raise ProtocolError(f"{_kind(message)} before started")
            case (
                SampleTaken(case=id_)
                | Outcome(case=id_)
                | Failed(case=str(id_))
                | Latency(case=id_)
                | Footprint(case=id_)
            ):
                self._hear_of_case(message, id_)
            case Listening() if self._serves:
                self._take_listening(message)  # who asks is told by what it handed this to
            case Finished():
                self._finish(message)
            case _:
                raise ProtocolError(f"{_kind(message)} is not expected in this trial")

    def _hear_of_case(
        self, message: SampleTaken | Outcome | Failed | Latency | Footprint, id_: str
    ) -> None:
        if id_ not in self.cases:
            raise ProtocolError(f"{_kind(message)} of case {id_!r}, which was not asked for")
        while self._open and self._open[0] != id_ and self._is_over(self._open[0]):
            self._open.pop(0)
        if not self._open or self._open[0] != id_ or id_ in self.errors:
            raise ProtocolError(f"{_kind(message)} of case {id_!r} out of order")
        if self.outcomes[id_] and not isinstance(message, Outcome):
            raise ProtocolError(f"{_kind(message)} of case {id_!r} after its outcome")
        match message:
            case SampleTaken():
                self._take_sample(message, id_)
            case Outcome():
                self.outcomes[id_].append(message)
            case Latency():
                self._take_latency(message, id_)
            case Footprint():
                self._take_footprint(message, id_)
            case Failed():
                self.errors[id_] = message

    def _take_listening(self, message: Listening) -> None:
        id_ = self.current
        if self._is_over(id_) or self.samples[id_] or id_ in self._listened:
            raise ProtocolError("listening, where no case is about to be served")
        if not 0 < message.port <= _LAST_PORT:
            raise ProtocolError(f"listening: port {message.port}, expected 1 to {_LAST_PORT}")
        self._listened.add(id_)

    def _take_latency(self, message: Latency, id_: str) -> None:
        if id_ in self.latencies:
            raise ProtocolError(f"latency of case {id_!r} for the second time")
        self.latencies[id_] = message.hdr

    def _take_footprint(self, message: Footprint, id_: str) -> None:
        if min(message.tasks, message.bytes, message.virtual_bytes or 0) < 0:
            raise ProtocolError(
                f"footprint of case {id_!r}: tasks {message.tasks}, bytes {message.bytes} and"
                f" virtual_bytes {message.virtual_bytes}, expected at least 0"
            )
        self.footprints[id_].append(message)

    def _take_sample(self, message: SampleTaken, id_: str) -> None:
        if id_ in self.latencies:
            raise ProtocolError(f"sample of case {id_!r} after its latency")
        if message.iteration != len(self.samples[id_]):
            raise ProtocolError(
                f"sample of case {id_!r}: iteration {message.iteration},"
                f" expected {len(self.samples[id_])}"
            )
        if message.elapsed_ns < 0 or message.operations < 1:
            raise ProtocolError(
                f"sample of case {id_!r}: elapsed_ns {message.elapsed_ns} and operations"
                f" {message.operations}, expected at least 0 and 1"
            )
        self.samples[id_].append(message)

    def _is_over(self, id_: str) -> bool:
        return bool(self.outcomes[id_]) or id_ in self.errors

    def _finish(self, message: Finished) -> None:
        for id_, case in self.cases.items():
            if not self._is_over(id_):
                raise ProtocolError(f"finished without an outcome of case {id_!r}")
            counted = sum(not sample.warmup for sample in self.samples[id_])
            if id_ not in self.errors and counted != case.iterations:
                raise ProtocolError(
                    f"case {id_!r}: {counted} samples besides warm-up, expected {case.iterations}"
                )
        self.finished = message


def _kind(message: Message) -> str:
    return str(type(message).__struct_config__.tag)
