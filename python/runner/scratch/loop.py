"""The loop of `runner.scratch`: a task, the tasks that live, the ready queue and the scheduler.

Of the boxes in every drawing of an event loop these are `Task`, the task state machine, and `Loop`.
The timers and the I/O selector are in `runner.scratch.places`. The callback queue is not needed:
all that ever becomes ready here is a task, so each callback would say "resume this task".

A loop belongs to one thread; nothing here may be called from another.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, TypeVar

from runner.scratch.places import READY, Line, Place, Sockets, Timers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator
    from selectors import SelectorKey

T = TypeVar("T")
LONGEST_WAIT_S = 86_400.0  # systems refuse an endless timeout; one turn a day is free


class Cancelled(BaseException):
    """Raised at the `await` of a cancelled task. Handlers of `Exception` must not swallow it."""


class TaskCancelledError(Exception):
    """The task that was joined was cancelled. `Cancelled` would unwind the joiner as well."""


class DeadlockError(RuntimeError):
    """Tasks wait, and nothing is left that could wake one of them."""


class Task:
    """The task state machine: a coroutine, and where it stands.

    The usual drawing goes pending, running, waiting and straight back to running. In truth a task
    that is woken is pending again: it is put in the ready queue, and the time it spends there is
    the loop's latency. No state is stored, for that would cost every step; it is read off the rest.
    """

    __slots__ = ("cancelling", "coro", "error", "group", "joiners", "note", "place", "value")

    def __init__(self, coro: Coroutine[Any, Any, Any], group: Group) -> None:
        self.coro: Any = coro  # None once done: a finished task does not keep its frame
        self.group = group
        self.place: Place | None = READY  # None: it runs, or has been handed what it waited for
        self.cancelling: Cancelled | None = None  # to be raised at the next chance
        self.note: Any = None  # between the task and the place where it waits
        self.joiners: Line | None = None  # most tasks have none
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def state(self) -> str:
        """One of pending, running, waiting, done."""
        if self.coro is None:
            return "done"
        if self.group.loop.current is self:
            return "running"
        return "pending" if self.place is None or self.place is READY else "waiting"

    def cancel(self) -> None:
        """Raise `Cancelled` in the task at the `await` where it waits; once a call.

        A task that has not started never starts; one that is done stays as it is. One that runs, or
        has been handed something that it has yet to take, is cancelled at its next wait instead, so
        a value that left a channel is not lost. A task may swallow its cancellation, and goes on.
        """
        if self.coro is not None:
            self.interrupt(Cancelled())

    def interrupt(self, cancelled: Cancelled) -> None:
        """Leave `cancelled` for the scheduler to raise; get the task out of where it waits."""
        self.cancelling = cancelled
        if self.place is not None and self.place is not READY:
            if isinstance(self.place, Place):  # and not what an awaitable of another loop yields
                self.place.forget(self)
            self.place = READY
            self.group.loop.ready.append(self)

    def join(self) -> Awaitable[Any]:
        """Wait for the end of the task: its result, or its exception. `await task` is the same."""
        return self

    def __await__(self) -> Generator[Place, None, Any]:
        if self.coro is not None:
            joiner = current_task()
            if joiner is self:
                raise RuntimeError("a task cannot wait for its own end")
            self.joiners = self.joiners or Line("for the end of a task")
            yield self.joiners.park(joiner)
        return self.outcome()

    def outcome(self) -> Any:
        """Return the result of a task that is done, or raise its exception."""
        if self.error is None:
            return self.value
        self.group.loop.unseen.pop(self, None)
        if isinstance(self.error, Cancelled):
            raise TaskCancelledError("the task that was joined was cancelled") from self.error
        raise self.error


class Group:
    """Tasks that live, and are cancelled, together; the loop's register of what lives.

    In this plain group, which is that of tasks without a group around them, a task that fails
    leaves the others alone.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.tasks: dict[Task, None] = {}  # in the order of spawning, to cancel in that order
        self.cancelled = False

    def spawn(self, coro: Coroutine[Any, Any, Any]) -> Task:
        """Make a task, and put it at the end of the ready queue."""
        if not hasattr(coro, "throw"):
            raise TypeError(f"spawn takes a coroutine, not {coro!r}: call it first")
        if self not in self.loop.groups:
            coro.close()
            raise RuntimeError("a task group spawns inside its `async with` block only")
        task = Task(coro, self)
        self.tasks[task] = None
        self.loop.ready.append(task)
        if self.cancelled:
            task.cancel()
        return task

    def cancel(self) -> None:
        """Cancel the tasks of the group: once, lest their cleaning up be cancelled in turn."""
        if not self.cancelled:
            self.cancelled = True
            for task in tuple(self.tasks):
                task.cancel()

    def child_done(self, task: Task) -> None:
        """Take note of the end of a task, before anything else runs."""
        del self.tasks[task]


class Here(threading.local):
    """What runs in this thread."""

    loop: Loop | None = None


here = Here()


class Loop:
    """The ready queue, and the scheduler that empties it, turn by turn.

    A turn (1) runs each task that is ready until it waits or ends, (2) waits in the selector until
    the first deadline, or only looks if a task is ready, (3) collects the timers that are due. The
    wait is what makes timers due, so the clock is read after it. Tasks that become ready during (1)
    are left for the next turn: two that wake each other would keep the loop from ever looking at
    its clock and its sockets. `clock` and `pause` are given in seconds; tests replace them.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.clock, self.pause = clock, pause
        self.ready: deque[Task] = deque()
        self.timers, self.sockets = Timers(), Sockets()
        self.current: Task | None = None
        self.main, self.root = Group(self), Group(self)  # the main task; what it spawned
        self.groups: dict[Group, None] = {self.main: None, self.root: None}  # the open ones
        self.unseen: dict[Task, tuple[str, Exception]] = {}  # failed, and not joined by anyone
        self.interrupted = False  # by Ctrl-C
        self.idle = False  # in the wait that Ctrl-C is to break off
        self.closing = False  # all is being cancelled anyway

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end, once in the loop's life. See the function `run`."""
        if here.loop is not None:
            main.close()
            self.sockets.selector.close()
            raise RuntimeError("a loop already runs in this thread: spawn a task in it instead")
        ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if ours:
            signal.signal(signal.SIGINT, self.interrupt)
        try:
            here.loop = self
            task = self.main.spawn(main)
            try:
                self.turn_until_done(self.main)
            finally:
                self.shut_down()
            if self.interrupted:
                raise KeyboardInterrupt
            result: T = task.outcome()
            return result
        finally:
            here.loop = None
            self.sockets.selector.close()
            if ours:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            for name, error in self.unseen.values():
                sys.stderr.write(f"scratch: task {name} failed, and nobody joined it:\n")
                sys.excepthook(type(error), error, error.__traceback__)

    def turn_until_done(self, group: Group) -> None:  # noqa: C901, PLR0912  calls cost
        """Take turns until no task of `group` is left: this is the event loop."""
        ready, tasks = self.ready, group.tasks
        next_task, end = ready.popleft, self.end
        while tasks:
            for _ in range(len(ready)):
                self.current = task = next_task()
                try:
                    if task.cancelling is None or task.place is None:
                        task.place = None
                        place = task.coro.send(None)
                    else:
                        cancelled, task.cancelling, task.place = task.cancelling, None, None
                        place = task.coro.throw(cancelled)
                except StopIteration as stop:
                    end(task, stop.value, None)
                except BaseException as error:
                    end(task, None, error)
                    if not isinstance(error, Exception | Cancelled):
                        raise  # KeyboardInterrupt and its like are not a joiner's but everybody's
                else:
                    task.place = place
                    if task.cancelling is not None:  # left there while it could not be raised
                        task.interrupt(task.cancelling)
            self.current = None
            if self.interrupted and not self.closing:
                raise KeyboardInterrupt
            if not tasks:
                break
            if self.timers.heap or self.sockets.tasks:
                self.wait()
            elif not ready:
                raise DeadlockError(f"deadlock: {self.who_waits()}, and nothing can wake them")

    def wait(self) -> None:
        """Let time pass until a task is ready: steps 2 and 3 of a turn.

        Without sockets there is nothing to select, and a pause keeps its time to microseconds where
        epoll counts milliseconds. A wait that ends early finds no timer due; the next turn goes on.
        """
        deadline = self.timers.deadline()
        timeout = None if deadline is None else min(deadline - self.clock(), LONGEST_WAIT_S)
        events: list[tuple[SelectorKey, int]] = []
        self.idle = not self.closing
        try:
            if self.ready or (self.idle and self.interrupted) or (timeout or 0.0) < 0:
                timeout = 0.0
            if self.sockets.tasks:
                events = self.sockets.selector.select(timeout)
            elif timeout:
                self.pause(timeout)
        finally:
            self.idle = False
        if events:
            self.sockets.wake(events, self.ready)
        if deadline is not None:
            self.timers.wake(self.clock(), self.ready)

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Handle Ctrl-C: at once if the loop is idle, or else at the end of the turn.

        Raised at any moment it would strike in the middle of the loop's own bookkeeping, and what
        it tore could not be cleaned up. The second one is raised at once: a task may be stuck.
        """
        at_once = self.idle or self.interrupted
        self.interrupted = True
        if at_once:
            raise KeyboardInterrupt

    def end(self, task: Task, value: Any, error: BaseException | None) -> None:
        """Move `task` to done, and tell those who wait for that."""
        if isinstance(error, Exception):
            self.unseen[task] = (task.coro.__qualname__, error)
        task.coro, task.value, task.error = None, value, error
        while task.joiners and task.joiners.tasks:
            task.joiners.wake()
        task.group.child_done(task)

    def shut_down(self) -> None:
        """Cancel what is left, and run until it has cleaned up."""
        self.closing = True
        for group in tuple(self.groups):
            group.cancel()
        try:
            for group in tuple(self.groups):
                self.turn_until_done(group)
        except DeadlockError:
            sys.stderr.write(f"scratch: cancelled, but {self.who_waits()}; abandoned\n")

    def who_waits(self) -> str:
        """Say which tasks wait, and for what."""
        tasks = [task for group in self.groups for task in group.tasks]
        waits = [f"{t.coro.__qualname__} {getattr(t.place, 'waits', t.place)}" for t in tasks[:3]]
        return f"{len(tasks)} wait ({', '.join(waits)}{', ...' if len(tasks) > len(waits) else ''})"


def current_task() -> Task:
    """Return the task that runs now in this thread."""
    loop = here.loop
    if loop is None or loop.current is None:
        raise RuntimeError("no task runs in this thread: start one with scratch.run")
    return loop.current
