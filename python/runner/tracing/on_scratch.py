"""The loop built from scratch: a ready queue that records, and coroutines that record their steps.

The loop appends a task to its ready queue whenever it can run; a queue that is seen by no one else
can be replaced. What a coroutine yields to the loop says what it waits for.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from runner.tracing.awaited import describe_wait
from runner.tracing.recorder import NOBODY

if TYPE_CHECKING:
    from runner.tracing.recorder import Recorder

GROUP = "loop"
SEES = "every step of every task, the ready queue, and when the loop waits in the kernel"


class _Coroutine:
    """A coroutine of a task, with its steps recorded."""

    def __init__(self, inner: Any, lane: int, ready: _Ready) -> None:
        self.inner, self.lane, self.ready = inner, lane, ready
        self.__qualname__ = inner.__qualname__
        self.close = inner.close

    def send(self, value: Any) -> Any:
        return self._step(self.inner.send, value)

    def throw(self, error: BaseException) -> Any:
        return self._step(self.inner.throw, error)

    def _step(self, step: Any, value: Any) -> Any:
        recorder = self.ready.recorder
        recorder.runs(self.lane)
        self.ready.running = self.lane
        try:
            queue = step(value)
        except BaseException:
            # The loop now tells the joiners, in the name of this task.
            recorder.done(self.lane)
            raise
        self.ready.running = NOBODY
        recorder.waits(self.lane, describe_wait(self.inner))
        return queue


class _Ready(deque[Any]):
    """The ready queue of a loop."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self.recorder = recorder
        self.lanes: dict[Any, int] = {}
        self.running = NOBODY

    def append(self, task: Any) -> None:
        """Record that a task can run; one that is new gets a lane."""
        if task not in self.lanes:
            lane = self.recorder.created(task.coro.__qualname__, GROUP, self.running)
            self.lanes[task] = lane
            task.coro = _Coroutine(task.coro, lane, self)
        cause = "" if self.running != NOBODY else "timer or I/O"
        self.recorder.ready(self.lanes[task], self.running, cause)
        super().append(task)

    def popleft(self) -> Any:
        """Nothing is running until the task that is taken runs."""
        self.running = NOBODY
        return super().popleft()


def boot(recorder: Recorder, main: Any) -> None:
    """Run a coroutine function on a traced loop."""
    from runner.scratch import Loop

    loop = Loop()
    ready, select = _Ready(recorder), loop.select

    def traced_select(timeout: float | None) -> Any:
        recorder.sleeps(timeout)
        ready.running = NOBODY
        try:
            return select(timeout)
        finally:
            recorder.wakes()

    loop.ready, loop.select = ready, traced_select

    loop.run(main())
