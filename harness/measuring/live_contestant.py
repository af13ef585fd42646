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

    from harness.measuring.attempt import Attempt
    from harness.measuring.plan import Assignment
    from harness.measuring.trials import TrialRunner
    from harness.results.records import Trial

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


@dataclass(eq=False)
class LiveContestant:
    """A contestant that is alive: a thread waits for what its child says."""

    runner: TrialRunner
    attempt: Attempt
    rng: random.Random
    limits: child.Limits
    # Those that have just said something, in that order: all contestants of a block share it.
    speakers: queue.SimpleQueue[LiveContestant] = field(default_factory=queue.SimpleQueue)
    messages: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)
    is_alive: bool = False  # it waits for its turn
    has_ended: bool = False
    turn_s: float = 0.0  # how long its last turn took
    _waited_s: float = 0.0  # for its next message
    _thread: threading.Thread | None = None

    @classmethod
    def of(
        cls,
        runner: TrialRunner,
        assignment: Assignment,
        block: int,
        position: int,
        turns: int = 1,
        speakers: queue.SimpleQueue[LiveContestant] | None = None,
    ) -> LiveContestant:
        """Return a contestant that is about to start, and is expected to take so many turns."""
        rng = random.Random(f"{runner.seed} {block} {assignment.cell}")
        attempt = runner.prepare(assignment, block, position, rng, turns=turns)
        limits = child.Limits(math.inf, runner.memory_bytes, has_neighbours=True)
        contestant = cls(runner, attempt, rng, limits, speakers or queue.SimpleQueue())
        attempt.listen(contestant._say)
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
        while True:
            try:
                self.is_alive = self.messages.get(timeout=_TICK_S) != "gone"
            except queue.Empty:
                stop.on_tick()
                self._note_tick()
                if not stop.is_asked:
                    continue
                self.is_alive = False
            self._waited_s = 0.0
            return

    def _note_tick(self) -> None:
        """Count a tick without a message; if there were too many, let its thread stop it."""
        self._waited_s += _TICK_S
        if self._waited_s > self.attempt.assignment.case.sampling.timeout_s:
            self.limits.timeout_s = 0.0  # at the next look of the thread

    def _say(self, text: str) -> None:
        self.messages.put(text)
        self.speakers.put(self)

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

    def judge(self) -> Trial:
        """Return the trial to store of a contestant that has ended."""
        return self.runner.judge(self.attempt)

    def _run(self) -> None:
        try:
            with contextlib.closing(self.attempt):
                self.runner.run_child(self.attempt, self.rng, self.limits)
        finally:
            self._say("gone")


def await_first(starting: list[LiveContestant], stop: Stop) -> None:
    """Wait until one of those that start is ready or gone, and take it out of the list.

    A slow one does not keep the others from starting meanwhile. They share `speakers`.
    """
    speakers = starting[0].speakers
    while not stop.is_asked:
        try:
            first = speakers.get(timeout=_TICK_S)
        except queue.Empty:
            stop.on_tick()
            for contestant in starting:
                contestant._note_tick()  # noqa: SLF001 - of the same module
            continue
        if first in starting:  # another has gone while it waited for its turn
            first.await_message(stop)
            first.attempt.move_to_its_cores()
            starting.remove(first)
            return
    starting.clear()
