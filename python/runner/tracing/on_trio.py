"""trio: an instrument, which trio calls at every step (trio.abc.Instrument)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.tracing.awaited import describe_wait
from runner.tracing.recorder import NOBODY

if TYPE_CHECKING:
    from runner.tracing.recorder import Recorder

GROUP = "loop"
SEES = (
    "every step of every task, and when trio waits in the kernel; not threads and processes that"
    " tasks use"
)
_OWN = ("trio.", "<")  # how the names of trio's own tasks begin


class Instrument:
    """Records the tasks that the program starts, not trio's own.

    It has the methods of trio.abc.Instrument and is none: importing trio would slow down all else.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.lanes: dict[Any, int] = {}
        self.running = NOBODY
        self.exited: Any = None

    def task_spawned(self, task: Any) -> None:
        """Record a new task."""
        if not task.name.startswith(_OWN):
            self.lanes[task] = self.recorder.created(task.name, GROUP, self.running)

    def task_scheduled(self, task: Any) -> None:
        """Record that a task can run; without a running task, the loop has woken it."""
        if task in self.lanes:
            cause = "" if self.running != NOBODY else "timer or I/O"
            self.recorder.ready(self.lanes[task], self.running, cause)

    def before_task_step(self, task: Any) -> None:
        """Record that a task begins to run."""
        if task in self.lanes:
            self.running = self.lanes[task]
            self.recorder.runs(self.running)

    def task_exited(self, task: Any) -> None:
        """Remember the end of a task: its last step is still being cleaned up."""
        self.exited = task

    def after_task_step(self, task: Any) -> None:
        """Record that a task waits or is done."""
        if task not in self.lanes:
            return
        self.running = NOBODY
        if self.exited is task:
            self.recorder.done(self.lanes[task])
        else:
            self.recorder.waits(self.lanes[task], describe_wait(task.coro))

    def before_io_wait(self, timeout: float) -> None:
        """Record that the loop waits in the kernel."""
        self.recorder.sleeps(timeout)

    def after_io_wait(self, _timeout: float) -> None:
        """Record that the loop is back."""
        self.recorder.wakes()


def boot(recorder: Recorder, main: Any) -> None:
    """Run a coroutine function with the instrument."""
    import trio

    trio.run(main, instruments=[Instrument(recorder)])  # type: ignore[list-item]
