"""Measures the contestants of a block in turns: all are alive, and each round samples every one.

A slow phase of the machine then meets all contestants of a round alike, and the ratio inside the
round cancels it. A contestant that waits for its turn is blocked in a read and uses no CPU.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.measuring.processes import child

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.measuring.plan import Assignment
    from harness.measuring.trials import Attempt, TrialRunner
    from harness.results.records import Trial

_SHAPES = ("rate", "makespan", "latency")
_MOST_ROUNDS = 5
_ROUNDS_S = 5.0  # a block has as many rounds as fit, at least one
_TICK_S = 0.25
_END_TIMEOUT_S = 30.0  # for a contestant to clean up when its turns are over


def takes_turns(runner: TrialRunner, assignment: Assignment) -> bool:
    """Return whether a contestant can be sampled in turns."""
    case = assignment.case
    if case.workload.why_alone(case.id) is not None:
        return False
    if assignment.is_served:
        return not (case.workload.drains or case.case.ladder)
    return (
        case.workload.shape in _SHAPES and runner.runner_of(assignment.cell.contestant).takes_turns
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
        began = time.monotonic()
        _take_round(seats, rng, stop)
        for _ in range(_count_rounds(time.monotonic() - began) - 1):
            _take_round(seats, rng, stop)
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


def _count_rounds(first_s: float) -> int:
    """Return the number of rounds of a block whose first round took this long."""
    return min(_MOST_ROUNDS, max(1, int(_ROUNDS_S / first_s)))


def _take_round(seats: Sequence[_Seat], rng: random.Random, stop: _Stop) -> None:
    """Let every contestant take one sample, in new random order."""
    order = [seat for seat in seats if seat.is_alive]
    rng.shuffle(order)
    for seat in order:
        if stop.is_asked:
            return
        seat.take_turn(stop)


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
        attempt.listen(seat.messages.put)
        return seat

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take_turn(self, stop: _Stop) -> None:
        self.attempt.give_turn()
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
        self.attempt.end_turns()

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
            with contextlib.closing(self.attempt):
                self.runner.run_child(self.attempt, self.rng, self.limits)
        finally:
            self.messages.put("gone")
