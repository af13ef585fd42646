"""Measures the contestants of a block in turns: all are alive, and each round samples every one.

A slow phase of the machine then meets all contestants of a round alike, and the ratio inside the
round cancels it. A contestant that waits for its turn is blocked in a read and uses no CPU.
"""

from __future__ import annotations

import math
import os
import queue
import random
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.measuring.processes import child
from harness.measuring.runners import protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.measuring.plan import Assignment
    from harness.measuring.trials import Attempt, TrialRunner
    from harness.results.records import Trial

_TURN, _END = b'{"kind": "turn"}\n', b'{"kind": "end"}\n'
_SHAPES = ("rate", "makespan")
_ROUNDS, _FEWEST_ROUNDS = 5, 3
_LONG_ROUND_NS = 1_000_000_000  # a longer round is repeated less often
_TICK_S = 0.25
_END_TIMEOUT_S = 30.0  # for a contestant to clean up when its turns are over


def takes_turns(runner: TrialRunner, assignment: Assignment) -> bool:
    """Return whether a contestant can be sampled in turns."""
    return (
        assignment.case.workload.shape in _SHAPES
        and runner.runner_of(assignment.cell.contestant).takes_turns
    )


def run_turns(
    runner: TrialRunner,
    assignments: Sequence[tuple[int, Assignment]],
    block: int,
    on_tick: Callable[[], None] = lambda: None,
) -> list[Trial] | None:
    """Measure contestants, each with its position in the block. None if interrupted."""
    rng = random.Random(f"{runner.seed} {block} turns")
    seats = [_Seat.of(runner, assignment, block, position) for position, assignment in assignments]
    stop = _Stop(runner.interrupted, on_tick)
    try:
        _start(seats, stop)
        for _ in range(_round_count(seats)):
            order = [seat for seat in seats if seat.is_alive]
            rng.shuffle(order)
            for seat in order:
                if stop.is_asked:
                    return None
                seat.take_turn(stop)
    finally:
        for seat in seats:
            seat.end_turns()
        for seat in seats:
            seat.await_end(stop)
    if stop.is_asked:
        return None
    return [seat.attempt.judge() for seat in seats]


def _start(seats: Sequence[_Seat], stop: _Stop) -> None:
    """Start all contestants, as many at once as there are cores: nothing is timed yet."""
    at_once = os.cpu_count() or 1
    starting: list[_Seat] = []
    for seat in seats:
        if stop.is_asked:
            return
        if len(starting) == at_once:
            starting.pop(0).await_message(stop)
        seat.start()
        starting.append(seat)
    for seat in starting:
        seat.await_message(stop)


def _round_count(seats: Sequence[_Seat]) -> int:
    round_ns = sum(seat.sample_ns for seat in seats if seat.is_alive)
    return _ROUNDS if round_ns <= _LONG_ROUND_NS else _FEWEST_ROUNDS


@dataclass
class _Stop:
    """Whether the user wants to stop; asked while the coordinator waits."""

    interrupted: Callable[[], bool]
    on_tick: Callable[[], None]

    @property
    def is_asked(self) -> bool:
        return self.interrupted()


@dataclass
class _Seat:
    """A contestant that is alive: a thread waits for what its child says."""

    runner: TrialRunner
    attempt: Attempt
    rng: random.Random
    limits: child.Limits
    messages: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    is_alive: bool = False  # it waits for its turn
    _thread: threading.Thread | None = None

    @classmethod
    def of(cls, runner: TrialRunner, assignment: Assignment, block: int, position: int) -> _Seat:
        rng = random.Random(f"{runner.seed} {block} {assignment.cell}")
        attempt = runner.prepare(assignment, block, position, rng, turns=True)
        limits = child.Limits(math.inf, runner.memory_bytes, has_neighbours=True)
        seat = cls(runner, attempt, rng, limits)
        attempt.on_message = seat._note
        return seat

    @property
    def sample_ns(self) -> int:
        """How long its last sample took."""
        samples = self.attempt.transcript.samples[self.attempt.assignment.case.id]
        return samples[-1].elapsed_ns if samples else 0

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take_turn(self, stop: _Stop) -> None:
        self.attempt.transcript.give_turn()
        self.attempt.handle.write_line(_TURN)
        self.await_message(stop)

    def await_message(self, stop: _Stop) -> None:
        """Wait until it is ready or has taken its sample, or is gone or too late."""
        waited_s = 0.0
        while True:
            try:
                self.is_alive = self.messages.get(timeout=_TICK_S) != "gone"
            except queue.Empty:
                waited_s += _TICK_S
                stop.on_tick()
                if waited_s > self.attempt.assignment.case.sampling.timeout_s:
                    self.limits.timeout_s = 0.0  # its thread stops it at the next look
                if not stop.is_asked:
                    continue
                self.is_alive = False
            return

    def end_turns(self) -> None:
        """Tell it to clean up and report its answers."""
        self.attempt.transcript.end_turns()
        self.attempt.handle.write_line(_END)

    def await_end(self, stop: _Stop) -> None:
        """Let it finish, or stop it, and wait for its end."""
        if self._thread is None:
            return
        self._thread.join(0.0 if stop.is_asked else _END_TIMEOUT_S)
        if self._thread.is_alive():
            self.limits.timeout_s = 0.0
            self._thread.join()

    def _run(self) -> None:
        try:
            self.runner.run_child(self.attempt, self.rng, self.limits)
        finally:
            self.messages.put("gone")

    def _note(self, message: protocol.Message) -> None:
        match message:
            case protocol.Ready():
                self.messages.put("ready")
            case protocol.SampleTaken(warmup=False) if self.attempt.transcript.is_ready:
                self.messages.put("sample")
