"""The messages of one trial, checked for the right order. Pure."""

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
    Ready,
    SampleTaken,
    Started,
    check_version,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.measuring.runners.protocol import Fact, Message, RequestCase

_LAST_PORT = 65_535


class Transcript:
    """The messages of one trial so far. `receive` rejects messages in the wrong order.

    The order is: started, then for each case its samples and either outcomes or an error, then
    finished. An error without a case ends the trial. Only servers send `listening`. In turns, the
    last case sends `ready` after its warm-up, then one sample for each turn that it is given.
    """

    def __init__(
        self, cases: Iterable[RequestCase], *, serves: bool = False, turns: bool = False
    ) -> None:
        self._serves = serves
        self._turns = turns
        self.is_ready = False  # the last case waits for its turns
        self._turns_given = 0
        self._turns_ended = False
        self.cases = {case.id: case for case in cases}
        self._remaining = list(self.cases)  # the current case and the following ones
        self.started: Started | None = None
        self.finished: Finished | None = None
        self.failed: Failed | None = None  # the trial as a whole
        self.samples: dict[str, list[SampleTaken]] = {id_: [] for id_ in self.cases}
        self.outcomes: dict[str, list[Outcome]] = {id_: [] for id_ in self.cases}
        self.latencies: dict[str, Latency] = {}
        self.footprints: dict[str, list[Footprint]] = {id_: [] for id_ in self.cases}
        self.errors: dict[str, Failed] = {}
        self._listened: set[str] = set()

    @property
    def current_case(self) -> str:
        """The id of the running case; after the end, of the last one."""
        return next(
            (id_ for id_ in self._remaining if not self._is_complete(id_)),
            self._last_case,
        )

    def give_turn(self) -> None:
        """Allow the last case one more sample."""
        self._turns_given += 1

    def end_turns(self) -> None:
        """Allow the last case to end."""
        self._turns_ended = True

    def receive(self, message: Message) -> None:
        """Add one message. Raises ProtocolError if it is out of order."""
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
                self._receive_for_case(message, id_)
            case Listening() if self._serves:
                self._receive_listening(message)
            case Ready() if self._turns:
                self._receive_ready(message)
            case Finished():
                self._finish(message)
            case _:
                raise ProtocolError(f"{_kind(message)} is not expected in this trial")

    def _receive_for_case(
        self, message: SampleTaken | Outcome | Failed | Latency | Footprint, id_: str
    ) -> None:
        if id_ not in self.cases:
            raise ProtocolError(f"{_kind(message)} of case {id_!r}, which was not requested")
        while (
            self._remaining and self._remaining[0] != id_ and self._is_complete(self._remaining[0])
        ):
            self._remaining.pop(0)
        if not self._remaining or self._remaining[0] != id_ or id_ in self.errors:
            raise ProtocolError(f"{_kind(message)} of case {id_!r} out of order")
        if self.outcomes[id_] and not isinstance(message, Outcome):
            raise ProtocolError(f"{_kind(message)} of case {id_!r} after its outcome")
        match message:
            case SampleTaken():
                self._receive_sample(message, id_)
            case Outcome():
                self.outcomes[id_].append(message)
            case Latency():
                self._receive_latency(message, id_)
            case Footprint():
                self._receive_footprint(message, id_)
            case Failed():
                self.errors[id_] = message

    def _receive_listening(self, message: Listening) -> None:
        id_ = self.current_case
        if self._is_complete(id_) or self.samples[id_] or id_ in self._listened:
            raise ProtocolError("listening, but no case is about to be served")
        if not 0 < message.port <= _LAST_PORT:
            raise ProtocolError(f"listening: port {message.port}, expected 1 to {_LAST_PORT}")
        self._listened.add(id_)

    def _receive_ready(self, message: Ready) -> None:
        if not (message.case == self.current_case == self._last_case) or self.is_ready:
            raise ProtocolError(f"ready of case {message.case!r} out of order")
        self.is_ready = True

    def _receive_latency(self, message: Latency, id_: str) -> None:
        if id_ in self.latencies:
            raise ProtocolError(f"second latency of case {id_!r}")
        self.latencies[id_] = message

    def _receive_footprint(self, message: Footprint, id_: str) -> None:
        counted = (message.tasks, message.bytes, message.virtual_bytes, message.kernel_bytes)
        if min(size or 0 for size in counted) < 0:
            raise ProtocolError(
                f"footprint of case {id_!r}: tasks {message.tasks}, bytes {message.bytes},"
                f" virtual_bytes {message.virtual_bytes} and kernel_bytes {message.kernel_bytes},"
                " expected at least 0"
            )
        self.footprints[id_].append(message)

    def _receive_sample(self, message: SampleTaken, id_: str) -> None:
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
        if (
            self._takes_turns(id_)
            and not message.warmup
            and (not self.is_ready or self._count_measured(id_) == self._turns_given)
        ):
            raise ProtocolError(f"sample of case {id_!r} without a turn")
        self.samples[id_].append(message)

    @property
    def facts(self) -> dict[str, Fact]:
        """What the runner said about itself, before and after the work."""
        ends = (self.started, self.finished)
        return {name: fact for end in ends if end for name, fact in end.facts.items()}

    @property
    def _last_case(self) -> str:
        return next(reversed(self.cases))

    def _takes_turns(self, id_: str) -> bool:
        return self._turns and id_ == self._last_case

    def _count_measured(self, id_: str) -> int:
        return sum(not sample.warmup for sample in self.samples[id_])

    def _is_complete(self, id_: str) -> bool:
        return bool(self.outcomes[id_]) or id_ in self.errors

    def _finish(self, message: Finished) -> None:
        for id_, case in self.cases.items():
            if not self._is_complete(id_):
                raise ProtocolError(f"finished without an outcome of case {id_!r}")
            if id_ in self.errors:
                continue
            expected = case.iterations
            if self._takes_turns(id_):
                expected = self._turns_given
                if not self._turns_ended:
                    raise ProtocolError(f"finished before the turns of case {id_!r} have ended")
            if (count := self._count_measured(id_)) != expected:
                raise ProtocolError(
                    f"case {id_!r}: {count} samples after warm-up, expected {expected}"
                )
        self.finished = message


def _kind(message: Message) -> str:
    return str(type(message).__struct_config__.tag)
