"""A contestant that is alive while others take their turns: its process, and what it says."""

from __future__ import annotations

import contextlib
import math
import queue
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.measuring.processes import child

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.measuring.plan import Assignment
    from harness.measuring.trials import Attempt, TrialRunner

_TICK_S = 0.25
_END_TIMEOUT_S = 30.0  # for a contestant to clean up when its turns are over


@dataclass
class Stop:
    """Asks whether the user wants to stop, while the coordinator waits."""

    interrupted: Callable[[], bool]
    on_tick: Callable[[], None]

    @property
    def is_asked(self) -> bool:
        """Whether the user wants to stop."""
        return self.interrupted()


@dataclass
class LiveContestant:
    """A contestant that is alive: a thread waits for what its child says."""

    runner: TrialRunner
    attempt: Attempt
    rng: random.Random
    limits: child.Limits
    messages: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    is_alive: bool = False  # it waits for its turn
    has_ended: bool = False
    turn_s: float = 0.0  # how long its last turn took
    _thread: threading.Thread | None = None

    @classmethod
    def of(
        cls,
        runner: TrialRunner,
        assignment: Assignment,
        block: int,
        position: int,
        turns: int = 1,
    ) -> LiveContestant:
        """Return a contestant that is about to start, and is expected to take so many turns."""
        rng = random.Random(f"{runner.seed} {block} {assignment.cell}")
        attempt = runner.prepare(assignment, block, position, rng, turns=turns)
        limits = child.Limits(math.inf, runner.memory_bytes, has_neighbours=True)
        contestant = cls(runner, attempt, rng, limits)
        attempt.listen(contestant.messages.put)
        return contestant

    @property
    def is_baseline(self) -> bool:
        """Whether the others are compared with this one."""
        assignment = self.attempt.assignment
        cell = assignment.cell
        return cell.contestant == assignment.case.workload.baseline and not cell.control

    def start(self) -> None:
        """Start its process."""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def take_turn(self, stop: Stop, processor: int | None = None) -> None:
        """Let it take one sample, beginning on this processor, and wait for it."""
        began = time.monotonic()
        self.attempt.give_turn(processor)
        self.await_message(stop)
        self.turn_s = time.monotonic() - began
        self.attempt.turns_ns.append(int(self.turn_s * 1e9))

    def await_message(self, stop: Stop) -> None:
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

    def await_end(self, stop: Stop) -> None:
        """Let it finish, or stop it, and wait for its end."""
        self.has_ended = True
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
