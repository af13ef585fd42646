"""The public functions of the event loop written from scratch; see `runner.scratch.loop`.

`run`, `spawn`, `sleep`, `checkpoint`, `wait_readable` and `wait_writable`; `Task.join` and
`Task.cancel`; `TaskGroup` and `Channel`. All they need from the loop is a queue to wait in.
"""

from __future__ import annotations

from collections import deque
from selectors import EVENT_READ, EVENT_WRITE
from types import coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from runner.scratch.loop import (
    Cancelled,
    DeadlockError,
    Group,
    Loop,
    Task,
    TaskCancelledError,
    current_task,
)
from runner.scratch.wait_queues import READY, FifoQueue, WaitQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator
    from socket import socket
    from typing import Self

__all__ = [
    "Cancelled",
    "Channel",
    "ChannelClosedError",
    "DeadlockError",
    "Loop",
    "Task",
    "TaskCancelledError",
    "TaskGroup",
    "checkpoint",
    "current_task",
    "run",
    "sleep",
    "spawn",
    "wait_readable",
    "wait_writable",
]

T = TypeVar("T")
CLOSED = object()  # what a closed channel hands over instead of a value


class ChannelClosedError(Exception):
    """The channel is closed: nothing can be sent, and there is nothing left to receive."""


def run(main: Callable[..., Coroutine[Any, Any, T]] | Coroutine[Any, Any, T], *args: Any) -> T:
    """Run a coroutine, or a coroutine function with `args`, in a new loop.

    Returns its result or raises its exception. Tasks that it spawned and that are still running
    are then cancelled, and have cleaned up when this returns. This also holds after an interrupt
    or a deadlock.
    """
    return Loop().run(main(*args) if callable(main) else main)


def spawn(coro: Coroutine[Any, Any, Any]) -> Task:
    """Start a task that may outlive the current one. Join it, or use a `TaskGroup`."""
    return current_task().group.loop.root.spawn(coro)


@coroutine
def checkpoint() -> Generator[WaitQueue, None, None]:
    """Let every ready task run."""
    task = current_task()
    task.group.loop.ready.append(task)
    yield READY


@coroutine
def sleep(seconds: float) -> Generator[WaitQueue, None, None]:
    """Wait for at least `seconds`, by the loop's clock."""
    if not seconds >= 0:  # this form also refuses NaN, which would break the order of the heap
        raise ValueError(f"sleep: found {seconds}, expected 0 seconds or more")
    task = current_task()
    loop = task.group.loop
    yield loop.timers.add(task, loop.clock() + seconds)


@coroutine
def wait_readable(sock: socket | int) -> Generator[WaitQueue, None, None]:
    """Wait until a read from `sock`, a socket or a file descriptor, would not block."""
    task = current_task()
    descriptor = sock if isinstance(sock, int) else sock.fileno()
    yield task.group.loop.sockets.add(task, descriptor, EVENT_READ, EVENT_WRITE)


@coroutine
def wait_writable(sock: socket) -> Generator[WaitQueue, None, None]:
    """Wait until a write to `sock` would not block."""
    task = current_task()
    yield task.group.loop.sockets.add(task, sock.fileno(), EVENT_WRITE, EVENT_READ)


@coroutine
def wait_in(queue: FifoQueue, value: Any = None) -> Generator[WaitQueue, None, Any]:
    """Wait in `queue` with a `value` for the waker; return the value that the waker hands over."""
    task = current_task()
    yield queue.add(task, value)
    received, task.wait_data = task.wait_data, None
    return received


class TaskGroup(Group):
    """Tasks that end together: `async with TaskGroup() as group: group.spawn(...)`.

    The block ends when all its tasks have ended. The first task that fails cancels the others and
    the block; then all failures are raised in an `ExceptionGroup` (PEP 654).
    """

    def __init__(self) -> None:
        super().__init__(current_task().group.loop)
        self.errors: list[Exception] = []
        self.owner: Task | None = None  # the task that is inside the block
        self.own_cancel: Cancelled | None = None  # with which this group cancels its block
        self.waiting_owner = FifoQueue("for the tasks of its group")

    def child_done(self, task: Task) -> None:
        """Handle the end of a task: a failure cancels the others, the last one ends the block."""
        super().child_done(task)
        if isinstance(task.error, Exception):
            self.loop.unretrieved.pop(task, None)
            self.errors.append(task.error)
            self.cancel()
            if self.owner and not self.owner.pending_cancel and not self.own_cancel:
                self.own_cancel = Cancelled()
                self.owner.schedule_cancel(self.own_cancel)
        if not self.tasks and self.waiting_owner.tasks:
            self.waiting_owner.wake()

    async def __aenter__(self) -> Self:
        self.owner = current_task()
        self.loop.groups[self] = None
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.owner = None
        if error is not None:
            self.cancel()
            if not isinstance(error, Exception | Cancelled):
                return  # an interrupt: the loop ends at once, and cancels the tasks itself
        owner = current_task()
        if owner.pending_cancel is self.own_cancel:  # the block ended before it could be raised
            owner.pending_cancel = None
        outer_cancel = (
            error if isinstance(error, Cancelled) and error is not self.own_cancel else None
        )
        while self.tasks:
            try:
                await wait_in(self.waiting_owner)
            except Cancelled as cancelled:
                outer_cancel = cancelled
                self.cancel()
        del self.loop.groups[self]
        if isinstance(error, Exception):
            self.errors.insert(0, error)
        if self.errors:
            if outer_cancel is not None:  # the owner is still to be cancelled, at its next wait
                owner.schedule_cancel(outer_cancel)
            failed = len(self.errors)
            raise ExceptionGroup(f"{failed} failed in a task group", self.errors)
        if outer_cancel is not None and outer_cancel is not error:
            raise outer_cancel


class Channel(Generic[T]):
    """Passes values between tasks in order, and buffers up to `capacity` of them.

    With capacity 0, a sender waits until a receiver takes its value: a rendezvous. A sender or
    receiver that need not wait continues at once, without letting other tasks run.
    """

    __slots__ = ("buffer", "capacity", "closed", "receivers", "senders")

    def __init__(self, capacity: int = 0) -> None:
        self.capacity = capacity
        self.buffer: deque[T] = deque()
        self.closed = False
        self.senders = FifoQueue("to send on a channel")
        self.receivers = FifoQueue("to receive from a channel")

    async def send(self, value: T) -> None:
        """Hand `value` to a receiver or to the buffer, waiting until there is room."""
        if not self.closed:
            if self.receivers.tasks:
                self.receivers.wake(value)
            elif len(self.buffer) < self.capacity:
                self.buffer.append(value)
            elif await wait_in(self.senders, value) is CLOSED:
                raise ChannelClosedError("the channel was closed while this value waited for room")
            return
        raise ChannelClosedError("the channel is closed: nothing can be sent")

    async def receive(self) -> T:
        """Take the next value, waiting until there is one."""
        value: Any = CLOSED
        if self.buffer:
            value = self.buffer.popleft()
            if self.senders.tasks:  # now there is room for the value of the first sender
                self.buffer.append(self.senders.wake())
        elif self.senders.tasks:
            value = self.senders.wake()
        elif not self.closed:
            value = await wait_in(self.receivers)
        if value is CLOSED:
            raise ChannelClosedError("the channel is closed: nothing is left to receive")
        return value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Refuse further values; those in the buffer can still be received."""
        self.closed = True
        for queue in (self.senders, self.receivers):
            while queue.tasks:
                queue.wake(CLOSED)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.receive()
        except ChannelClosedError:
            raise StopAsyncIteration from None
