"""What a program uses of the event loop built from nothing; the loop is in `runner.scratch.loop`.

`run`, `spawn` and `sleep`, `checkpoint`, `readable` and `writable`; `Task.join` and `Task.cancel`;
`TaskGroup` and `Channel`. None of them needs more of the loop than a place to wait in.
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
from runner.scratch.places import READY, Line, Place

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
    "readable",
    "run",
    "sleep",
    "spawn",
    "writable",
]

T = TypeVar("T")
CLOSED = object()  # what a closed channel hands over instead of a value


class ChannelClosedError(Exception):
    """Nothing more can be sent on the channel, and nothing is left in it to receive."""


def run(main: Callable[..., Coroutine[Any, Any, T]] | Coroutine[Any, Any, T], *args: Any) -> T:
    """Run a coroutine, or a coroutine function with `args`, in a loop of its own.

    Returns its result or raises its exception. Tasks that it spawned and that still run are then
    cancelled, and have cleaned up when this returns; so too after an interrupt or a deadlock.
    """
    return Loop().run(main(*args) if callable(main) else main)


def spawn(coro: Coroutine[Any, Any, Any]) -> Task:
    """Start a task that may outlive this one. Join it, or use a `TaskGroup`, which does."""
    return current_task().group.loop.root.spawn(coro)


@coroutine
def checkpoint() -> Generator[Place, None, None]:
    """Let every task run that is ready."""
    task = current_task()
    task.group.loop.ready.append(task)
    yield READY


@coroutine
def sleep(seconds: float) -> Generator[Place, None, None]:
    """Wait for at least `seconds`, by the loop's clock."""
    if not seconds >= 0:  # put like this it refuses NaN, which would break the heap's order
        raise ValueError(f"sleep takes 0 seconds or more, not {seconds}")
    task = current_task()
    loop = task.group.loop
    yield loop.timers.park(task, loop.clock() + seconds)


@coroutine
def readable(sock: socket | int) -> Generator[Place, None, None]:
    """Wait until a read from `sock`, or from a descriptor, would not block."""
    task = current_task()
    descriptor = sock if isinstance(sock, int) else sock.fileno()
    yield task.group.loop.sockets.park(task, descriptor, EVENT_READ, EVENT_WRITE)


@coroutine
def writable(sock: socket) -> Generator[Place, None, None]:
    """Wait until a write to `sock` would not block."""
    task = current_task()
    yield task.group.loop.sockets.park(task, sock.fileno(), EVENT_WRITE, EVENT_READ)


@coroutine
def wait_in(line: Line, note: Any = None) -> Generator[Place, None, Any]:
    """Wait in `line`, bringing `note`, until woken; return what the waker hands over."""
    task = current_task()
    yield line.park(task, note)
    note, task.note = task.note, None
    return note


class TaskGroup(Group):
    """Tasks that end together: `async with TaskGroup() as group: group.spawn(...)`.

    The block ends when all its tasks have. The first that fails cancels the others and the block;
    what failed is then raised in an `ExceptionGroup` (PEP 654).
    """

    def __init__(self) -> None:
        super().__init__(current_task().group.loop)
        self.errors: list[Exception] = []
        self.owner: Task | None = None  # the task that is in the block
        self.stop: Cancelled | None = None  # by which the group itself stops the block
        self.end = Line("for the tasks of its group")

    def child_done(self, task: Task) -> None:
        """Take note of a task's end: a failure stops the others, the last one ends the block."""
        super().child_done(task)
        if isinstance(task.error, Exception):
            self.loop.unseen.pop(task, None)
            self.errors.append(task.error)
            self.cancel()
            if self.owner and not self.owner.cancelling and not self.stop:
                self.stop = Cancelled()
                self.owner.interrupt(self.stop)
        if not self.tasks and self.end.tasks:
            self.end.wake()

    async def __aenter__(self) -> Self:
        self.owner = current_task()
        self.loop.groups[self] = None
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.owner = None
        if error is not None:
            self.cancel()
            if not isinstance(error, Exception | Cancelled):
                return  # an interrupt goes on at once: the loop ends, and sees to the tasks itself
        owner = current_task()
        if owner.cancelling is self.stop:  # the block ended before it could be raised
            owner.cancelling = None
        outside = error if isinstance(error, Cancelled) and error is not self.stop else None
        while self.tasks:
            try:
                await wait_in(self.end)
            except Cancelled as cancelled:
                outside = cancelled
                self.cancel()
        del self.loop.groups[self]
        if isinstance(error, Exception):
            self.errors.insert(0, error)
        if self.errors:
            if outside is not None:  # the owner's cancellation is still owed, at its next wait
                owner.interrupt(outside)
            raise ExceptionGroup(f"{len(self.errors)} failed in a task group", self.errors)
        if outside is not None and outside is not error:
            raise outside


class Channel(Generic[T]):
    """Hands values from task to task, in order, and holds up to `capacity` of them.

    Without capacity a sender waits until a receiver takes its value: a rendezvous. Whoever finds
    what it came for goes on at once, and gives no one else a turn.
    """

    __slots__ = ("buffer", "capacity", "closed", "receivers", "senders")

    def __init__(self, capacity: int = 0) -> None:
        self.capacity = capacity
        self.buffer: deque[T] = deque()
        self.closed = False
        self.senders = Line("to send on a channel")
        self.receivers = Line("to receive from a channel")

    async def send(self, value: T) -> None:
        """Give `value` to a receiver or to the buffer; wait for room."""
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
        """Take the next value; wait for one."""
        value: Any = CLOSED
        if self.buffer:
            value = self.buffer.popleft()
            if self.senders.tasks:  # there is room now for the value of the first of them
                self.buffer.append(self.senders.wake())
        elif self.senders.tasks:
            value = self.senders.wake()
        elif not self.closed:
            value = await wait_in(self.receivers)
        if value is CLOSED:
            raise ChannelClosedError("the channel is closed, and nothing is left to receive")
        return value  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let nothing more be sent; what the buffer holds can still be received."""
        self.closed = True
        for line in (self.senders, self.receivers):
            while line.tasks:
                line.wake(CLOSED)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.receive()
        except ChannelClosedError:
            raise StopAsyncIteration from None
