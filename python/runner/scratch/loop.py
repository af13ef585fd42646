"""The event loop of `runner.scratch`: tasks, groups of tasks, the ready queue and the scheduler.

The usual drawing of an event loop shows a task state machine, which is `Task`, and a ready queue
and a scheduler, which are in `Loop`. The timers and the I/O selector are in
`runner.scratch.wait_queues`. The callback queue is not needed: only tasks ever become ready here,
so every callback would say "resume this task".

A loop belongs to one thread. Do not call anything here from another thread.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from runner.scratch.wait_queues import READY, FifoQueue, Sockets, Timers, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator
    from selectors import SelectorKey

    Select = Callable[[float | None], list[tuple[SelectorKey, int]]]

T = TypeVar("T")
LONGEST_WAIT_S = 86_400.0  # systems refuse an infinite timeout; waking up once a day costs nothing


class Cancelled(BaseException):
    """Raised at the `await` of a cancelled task.

    It is not an `Exception`, so that handlers of `Exception` do not catch it.
    """


class TaskCancelledError(Exception):
    """Raised where a cancelled task is joined. `Cancelled` would unwind the joining task too."""


class DeadlockError(RuntimeError):
    """Tasks are waiting, and nothing can wake any of them."""


class Task:
    """The task state machine: a coroutine and its state.

    The usual drawing goes from pending to running to waiting, and straight back to running. In
    fact, a task that is woken is pending again: it goes to the ready queue, and the time it spends
    there is the latency of the loop. The state is computed from the other fields, because storing
    it would make every step slower.
    """

    __slots__ = (
        "context",
        "coro",
        "error",
        "group",
        "joiners",
        "pending_cancel",
        "queue",
        "value",
        "wait_data",
    )

    def __init__(self, coro: Coroutine[Any, Any, Any], group: Group) -> None:
        self.coro: Any = coro  # None once done: a finished task does not keep its frame alive
        self.context = copy_context()  # what the task sets is not seen by its parent or siblings
        self.group = group
        self.queue: WaitQueue | None = READY  # None: it is running, or was handed a value
        self.pending_cancel: Cancelled | None = None  # to be raised at the next opportunity
        self.wait_data: Any = None  # shared by the task and the queue in which it waits
        self.joiners: FifoQueue | None = None  # created on demand: most tasks have none
        self.value: Any = None
        self.error: BaseException | None = None

    @property
    def state(self) -> str:
        """The state: pending, running, waiting or done."""
        if self.coro is None:
            return "done"
        if self.group.loop.current is self:
            return "running"
        return "pending" if self.queue is None or self.queue is READY else "waiting"

    def cancel(self) -> None:
        """Raise `Cancelled` in the task at the `await` where it waits, once per call.

        A task that has not started never starts; a task that is done does not change. A task that
        is running, or that has been handed a value it has not yet taken, is cancelled at its next
        wait instead, so that a value taken from a channel is not lost. A task may catch its
        cancellation and continue.
        """
        if self.coro is not None:
            self.schedule_cancel(Cancelled())

    def schedule_cancel(self, cancelled: Cancelled) -> None:
        """Let the scheduler raise `cancelled` in this task; remove the task from its wait queue."""
        self.pending_cancel = cancelled
        if self.queue is not None and self.queue is not READY:
            if isinstance(self.queue, WaitQueue):  # not what an awaitable of another loop yields
                self.queue.remove(self)
            self.queue = READY
            self.group.loop.ready.append(self)

    def describe_wait(self) -> str:
        """Return the name of the coroutine function, and what the task waits for."""
        queue = self.queue
        waits = queue.waits if isinstance(queue, WaitQueue) else f"for {queue}"
        return f"{self.coro.__qualname__} waits {waits}"

    def join(self) -> Awaitable[Any]:
        """Wait until the task ends; return its result or raise its exception, like `await task`."""
        return self

    def __await__(self) -> Generator[WaitQueue, None, Any]:
        if self.coro is not None:
            joiner = current_task()
            if joiner is self:
                raise RuntimeError("a task cannot wait for its own end")
            self.joiners = self.joiners or FifoQueue("for the end of a task")
            yield self.joiners.add(joiner)
        return self.outcome()

    def outcome(self) -> Any:
        """Return the result of a task that is done, or raise its exception."""
        if self.error is None:
            return self.value
        self.group.loop.unretrieved.pop(self, None)
        if isinstance(self.error, Cancelled):
            raise TaskCancelledError("the task that was joined was cancelled") from self.error
        raise self.error


class Group:
    """Tasks that are cancelled together; the loop's record of the tasks that are alive.

    In a plain group, which holds the tasks that are in no `TaskGroup`, a task that fails does not
    affect the others.
    """

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.tasks: dict[Task, None] = {}  # in the order of spawning, to cancel in that order
        self.cancelled = False

    def spawn(self, coro: Coroutine[Any, Any, Any]) -> Task:
        """Create a task, and append it to the ready queue."""
        if not hasattr(coro, "throw"):
            raise TypeError(f"spawn: found {coro!r}, expected a coroutine; call the function first")
        if self not in self.loop.groups:
            coro.close()
            raise RuntimeError("a task group can spawn only inside its `async with` block")
        task = Task(coro, self)
        self.tasks[task] = None
        self.loop.ready.append(task)
        if self.cancelled:
            task.cancel()
        return task

    def cancel(self) -> None:
        """Cancel the tasks of the group, but only once, so that they can clean up."""
        if not self.cancelled:
            self.cancelled = True
            for task in tuple(self.tasks):
                task.cancel()

    def child_done(self, task: Task) -> None:
        """Handle the end of a task; called before any other task runs."""
        del self.tasks[task]


class ThreadState(threading.local):
    """The loop that runs in this thread."""

    loop: Loop | None = None


thread_state = ThreadState()


class Loop:
    """The ready queue, and the scheduler that empties it.

    An iteration (1) runs each ready task until it waits or ends, (2) waits in the selector until
    the first deadline, or only polls it if a task is ready, (3) wakes the tasks whose timers are
    due. Timers become due during the wait, so the clock is read after it. Tasks that become ready
    during (1) run in the next iteration: otherwise two tasks that wake each other would keep the
    loop from its clock and its sockets for ever. `clock` and `select` use seconds; tests replace
    them.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, select: Select | None = None
    ) -> None:
        self.clock = clock
        self.ready: deque[Task] = deque()
        self.timers, self.sockets = Timers(), Sockets()
        self.select = select or self.sockets.selector.select
        self.current: Task | None = None
        self.main, self.root = Group(self), Group(self)  # the main task; the tasks of `spawn`
        self.groups: dict[Group, None] = {self.main: None, self.root: None}  # the open groups
        self.unretrieved: dict[Task, tuple[str, Exception]] = {}  # failures of tasks not joined
        self.interrupted = False  # by Ctrl-C
        self.idle = False  # in a wait that Ctrl-C should end
        self.closing = False  # all tasks are being cancelled

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` until it ends. A loop can run once. See the function `run`."""
        if thread_state.loop is not None:
            main.close()
            self.sockets.selector.close()
            raise RuntimeError("a loop already runs in this thread: spawn a task in it instead")
        handles_sigint = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if handles_sigint:
            signal.signal(signal.SIGINT, self.handle_sigint)
        try:
            thread_state.loop = self
            task = self.main.spawn(main)
            try:
                self.run_until_done(self.main)
            finally:
                self.shut_down()
            if self.interrupted:
                raise KeyboardInterrupt
            result: T = task.outcome()
            return result
        finally:
            thread_state.loop = None
            self.sockets.selector.close()
            if handles_sigint:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            for name, error in self.unretrieved.values():
                sys.stderr.write(f"scratch: task {name} failed and was never joined:\n")
                sys.excepthook(type(error), error, error.__traceback__)

    def run_until_done(self, group: Group) -> None:  # noqa: C901, PLR0912  calls would cost time
        """Iterate until no task of `group` is left: this is the event loop."""
        ready, tasks = self.ready, group.tasks
        next_task, finish = ready.popleft, self.finish
        while tasks:
            for _ in range(len(ready)):
                self.current = task = next_task()
                try:
                    if task.pending_cancel is None or task.queue is None:
                        task.queue = None
                        queue = task.context.run(task.coro.send, None)
                    else:
                        cancelled, task.pending_cancel, task.queue = task.pending_cancel, None, None
                        queue = task.context.run(task.coro.throw, cancelled)
                except StopIteration as stop:
                    finish(task, stop.value, None)
                except BaseException as error:
                    finish(task, None, error)
                    if not isinstance(error, Exception | Cancelled):
                        raise  # KeyboardInterrupt and the like end the loop, not only a joiner
                else:
                    task.queue = queue
                    if task.pending_cancel is not None:  # it came while it could not be raised
                        task.schedule_cancel(task.pending_cancel)
            self.current = None
            if self.interrupted and not self.closing:
                raise KeyboardInterrupt
            if not tasks:
                break
            if self.timers.heap or self.sockets.tasks:
                self.wait()
            elif not ready:
                raise DeadlockError(f"deadlock: {self.describe_waiting()}; nothing can wake them")

    def wait(self) -> None:
        """Wait until a task is ready: steps 2 and 3 of an iteration.

        Every wait is one in the selector, like those of other loops: a sleep is then as exact as
        the selector, whether or not a task waits for a socket. If a wait ends early, no timer is
        due and the next iteration waits again.
        """
        deadline = self.timers.deadline()
        timeout = None if deadline is None else min(deadline - self.clock(), LONGEST_WAIT_S)
        events: list[tuple[SelectorKey, int]] = []
        self.idle = not self.closing
        try:
            if self.ready or (self.idle and self.interrupted) or (timeout or 0.0) < 0:
                timeout = 0.0
            if self.sockets.tasks or timeout:
                events = self.select(timeout)
        finally:
            self.idle = False
        if events:
            self.sockets.wake(events, self.ready)
        if deadline is not None:
            self.timers.wake(self.clock(), self.ready)

    def handle_sigint(self, _signal: int, _frame: object) -> None:
        """Handle Ctrl-C: at once if the loop is idle, otherwise at the end of the iteration.

        An exception at an arbitrary moment could hit the loop's own bookkeeping, and tasks could
        then not clean up. A second Ctrl-C is raised at once, because a task may be stuck.
        """
        at_once = self.idle or self.interrupted
        self.interrupted = True
        if at_once:
            raise KeyboardInterrupt

    def finish(self, task: Task, value: Any, error: BaseException | None) -> None:
        """Mark `task` as done, wake its joiners and notify its group."""
        if isinstance(error, Exception):
            self.unretrieved[task] = (task.coro.__qualname__, error)
        task.coro, task.value, task.error = None, value, error
        while task.joiners and task.joiners.tasks:
            task.joiners.wake()
        task.group.child_done(task)

    def shut_down(self) -> None:
        """Cancel the remaining tasks, and run until they have cleaned up."""
        self.closing = True
        for group in tuple(self.groups):
            group.cancel()
        try:
            for group in tuple(self.groups):
                self.run_until_done(group)
        except DeadlockError:
            sys.stderr.write(f"scratch: gave up on cancelled tasks; {self.describe_waiting()}\n")

    def describe_waiting(self) -> str:
        """Return how many tasks wait, and what the first three wait for."""
        tasks = [task for group in self.groups for task in group.tasks]
        waits = [task.describe_wait() for task in tasks[:3]]
        more = ", ..." if len(tasks) > len(waits) else ""
        return f"tasks waiting: {len(tasks)} ({', '.join(waits)}{more})"


def current_task() -> Task:
    """Return the task that is running in this thread."""
    loop = thread_state.loop
    if loop is None or loop.current is None:
        raise RuntimeError("no task is running in this thread: start one with scratch.run")
    return loop.current
