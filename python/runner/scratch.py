"""The event loop built from nothing: `async` and `await` on a queue, a heap and a selector.

An event loop is drawn as a few boxes, and they are the classes of this file:
`Task` the task state machine, `Timers` the timers, `Sockets` the I/O selector, `Loop` the ready
queue and the scheduler. What programs use is built on them: `run`, `spawn`, `sleep`, `checkpoint`,
`readable`, `writable`, `Channel`, `TaskGroup`. The drawing's callback queue is not needed: all that
ever becomes ready here is a task, so each callback would say "resume this task".

How a task waits: `await` goes down a chain of coroutines until something yields, and what it yields
comes out of `coroutine.send` in the scheduler. Only a generator can yield there, so the waits at
the bottom are generators, marked by `types.coroutine`. Each one leaves the task where its waker
will find it (the heap, the selector, a line of tasks) and then yields that place. All that the
scheduler ever asks of a place is to forget a task that is cancelled, so it knows no kinds of waits.
What waker and task have to tell each other is in `task.note`: a wait makes no object of its own.

A loop belongs to one thread; nothing here may be called from another.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import OrderedDict, deque
from heapq import heapify, heappop, heappush
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from types import coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Generator
    from socket import socket
    from typing import Self

T = TypeVar("T")
LONGEST_WAIT_S = 86_400.0  # an endless timeout is refused by the system; a daily turn costs nothing
FEWEST_DEAD = 64  # with fewer cancelled timers than this, sweeping them out is not worth a turn


class Cancelled(BaseException):
    """Raised at the `await` of a cancelled task. No `Exception`: handlers of errors must miss it."""


class TaskCancelledError(Exception):
    """The task that was joined was cancelled. `Cancelled` would unwind the joiner as well."""


class ChannelClosedError(Exception):
    """Nothing more can be sent on the channel, and nothing is left in it to receive."""


class DeadlockError(RuntimeError):
    """Tasks wait, and nothing is left that could wake one of them."""


class Place:
    """Where a task can wait; `waits` completes the sentence "the task waits ..."."""

    __slots__ = ("waits",)

    def __init__(self, waits: str) -> None:
        self.waits = waits

    def forget(self, task: Task) -> None:
        """Take out a task that waits here, since it was cancelled."""


READY = Place("for its turn")  # in the ready queue, and nothing was handed over
CLOSED = object()  # the note of a closed channel, instead of a value


class Line(Place):
    """Tasks that wait for the same thing, first come, first served.

    An ordered dict: the first is taken from the front, a cancelled one from anywhere, and both must
    be cheap however many wait. A deque would have to be searched; a dict's front is slow to find.
    """

    __slots__ = ("tasks",)

    def __init__(self, waits: str) -> None:
        super().__init__(waits)
        self.tasks: OrderedDict[Task, None] = OrderedDict()

    @coroutine
    def wait(self, note: Any = None) -> Generator[Place, None, Any]:
        """Wait at the line's end with what the task brings; return what it is handed."""
        task = current_task()
        task.note = note
        self.tasks[task] = None
        yield self
        note, task.note = task.note, None
        return note

    def wake(self, note: Any = None) -> Any:
        """Hand `note` to the first task, make it ready, and return what it brought."""
        task, _ = self.tasks.popitem(last=False)
        brought, task.note = task.note, note
        task.place = None
        task.group.loop.ready.append(task)
        return brought

    def forget(self, task: Task) -> None:
        """Take out `task`; what it brought goes with it."""
        task.note = None
        self.tasks.pop(task, None)


class Task:
    """The task state machine: a coroutine, and where it stands.

    The usual drawing goes pending, running, waiting and straight back to running. In truth a task
    that is woken is pending again: it is put in the ready queue, and the time it spends there is
    the loop's latency. No state is stored, for that would cost every step; it is read off the rest.
    """

    __slots__ = ("cancelling", "coro", "error", "group", "joiners", "note", "place", "value")

    def __init__(self, coro: Coroutine[Any, Any, Any], group: TaskGroup) -> None:
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
            self.place.forget(self)
            self.place = READY
            self.group.loop.ready.append(self)

    def join(self) -> Awaitable[Any]:
        """Wait for the end of the task: its result, or its exception. `await task` is the same."""
        return self

    def __await__(self) -> Generator[Any, None, Any]:
        if self.coro is not None:
            if self is current_task():
                raise RuntimeError("a task cannot wait for its own end")
            self.joiners = self.joiners or Line("for the end of a task")
            yield from self.joiners.wait().__await__()
        return self.outcome()

    def outcome(self) -> Any:
        """Return the result of a task that is done, or raise its exception."""
        if self.error is None:
            return self.value
        self.group.loop.unseen.pop(self, None)
        if isinstance(self.error, Cancelled):
            raise TaskCancelledError("the task that was joined was cancelled") from self.error
        raise self.error


class Timers(Place):
    """The timers: a heap of (deadline, number, task). A list would be searched at every wake-up.

    The number breaks ties. Tuples with equal deadlines compare by their next item, and tasks have
    no order; the number has one, that in which they fell asleep.

    Deletion is lazy. To find a cancelled timer in the heap takes a search, so it is dropped when it
    gets to the top, which it is known by: its task's note is another. Where the dead outnumber the
    living the heap is rebuilt, or timeouts that never fire would fill the memory. As many
    cancellations pay for each rebuild, so that one costs O(1), amortised.
    """

    __slots__ = ("dead", "heap", "number")

    def __init__(self) -> None:
        super().__init__("for a timer")
        self.heap: list[tuple[float, int, Task]] = []
        self.number = self.dead = 0

    def forget(self, task: Task) -> None:
        """Strike the task's timer out, where it is."""
        task.note = None
        self.dead += 1
        if self.dead > FEWEST_DEAD and self.dead * 2 > len(self.heap):
            self.heap[:] = [entry for entry in self.heap if entry[2].note is entry]
            heapify(self.heap)
            self.dead = 0

    def deadline(self) -> float | None:
        """Return the earliest deadline that still counts."""
        heap = self.heap
        while heap and heap[0][2].note is not heap[0]:
            heappop(heap)
            self.dead -= 1
        return heap[0][0] if heap else None

    def wake(self, now: float, ready: deque[Task]) -> None:
        """Make the tasks ready whose deadline has come, the earliest first."""
        heap = self.heap
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            task = entry[2]
            if task.note is entry:
                task.note = task.place = None
                ready.append(task)
            else:
                self.dead -= 1


class Sockets(Place):
    """The I/O selector: which task waits for which event of which file descriptor.

    A registration serves one wake-up. A selector reports what is ready, not what has become so: one
    that outlived its task's wait would end every later wait at once, and the loop would spin.
    """

    __slots__ = ("selector", "tasks")

    def __init__(self) -> None:
        super().__init__("for a socket")
        self.selector = DefaultSelector()
        self.tasks: dict[tuple[int, int], Task] = {}

    @coroutine
    def wait(self, fd: int, event: int, other: int) -> Generator[Place, None, None]:
        """Wait for `event`; `other` is the one for which another task may wait on this `fd`."""
        if (fd, event) in self.tasks:
            raise RuntimeError(f"another task already waits for this of descriptor {fd}")
        if (fd, other) in self.tasks:
            self.selector.modify(fd, event | other)
        else:
            self.selector.register(fd, event)
        task = current_task()
        task.note = (fd, event, other)
        self.tasks[fd, event] = task
        yield self

    def forget(self, task: Task) -> None:
        """Undo the task's registration."""
        fd, event, other = task.note
        task.note = None
        del self.tasks[fd, event]
        if (fd, other) in self.tasks:
            self.selector.modify(fd, other)
        else:
            self.selector.unregister(fd)

    def wake(self, timeout: float | None, ready: deque[Task]) -> None:
        """Wait for events, for at most `timeout` seconds; make their tasks ready."""
        for key, events in self.selector.select(timeout):
            for event in (EVENT_READ, EVENT_WRITE):
                if events & event and (task := self.tasks.get((key.fd, event))):
                    self.forget(task)
                    task.place = None
                    ready.append(task)


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
        self.main, self.root = RootGroup(self), RootGroup(self)  # the main task; what it spawned
        self.groups: dict[TaskGroup, None] = {self.main: None, self.root: None}  # the open ones
        self.unseen: dict[Task, str] = {}  # tasks that failed, and nobody has joined: their names

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end, once in the loop's life. See the function `run`."""
        if here.loop is not None:
            main.close()
            raise RuntimeError("a loop already runs in this thread: spawn a task in it instead")
        here.loop = self
        try:
            task = self.main.spawn(main)
            try:
                self.turn_until_done(self.main)
            finally:
                self.shut_down()
            result: T = task.outcome()
            return result
        finally:
            here.loop = None
            self.sockets.selector.close()
            for failed, name in self.unseen.items():
                sys.stderr.write(f"scratch: task {name} failed, and nobody joined it:\n")
                sys.excepthook(type(failed.error), failed.error, failed.error.__traceback__)

    def turn_until_done(self, group: TaskGroup) -> None:  # noqa: C901  a call would slow each step
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
                        raise  # KeyboardInterrupt and its like are not the joiner's but everybody's
                else:
                    task.place = place
                    if task.cancelling is not None:  # left there while it could not be raised
                        task.interrupt(task.cancelling)
            self.current = None
            if self.timers.heap or self.sockets.tasks:
                self.wait()
            elif tasks and not ready:
                raise DeadlockError(f"deadlock: {self.who_waits()}, and nothing can wake them")

    def wait(self) -> None:
        """Let time pass until a task is ready: steps 2 and 3 of a turn.

        Without sockets there is nothing to select, and a pause keeps its time to microseconds where
        epoll counts milliseconds. A wait that ends early finds no timer due; the next turn goes on.
        """
        deadline = self.timers.deadline()
        timeout = None if deadline is None else min(deadline - self.clock(), LONGEST_WAIT_S)
        if self.ready or (timeout is not None and timeout < 0):
            timeout = 0.0
        if self.sockets.tasks:
            self.sockets.wake(timeout, self.ready)
        elif timeout:
            self.pause(timeout)
        if deadline is not None:
            self.timers.wake(self.clock(), self.ready)

    def end(self, task: Task, value: Any, error: BaseException | None) -> None:
        """Move `task` to done, and tell those who wait for that."""
        if isinstance(error, Exception):
            self.unseen[task] = task.coro.__qualname__
        task.coro, task.value, task.error = None, value, error
        while task.joiners and task.joiners.tasks:
            task.joiners.wake()
        task.group.child_done(task)

    def shut_down(self) -> None:
        """Cancel what is left, and run until it has cleaned up.

        After `cancel`, every task that lives belongs in the ready queue. It is filled anew, since an
        interrupt can strike at any moment, also in the one when a task is in no queue at all.
        """
        for group in tuple(self.groups):
            group.cancel()
        if self.current is not None:
            self.current.place = READY
        self.ready.clear()
        self.ready.extend(task for group in self.groups for task in group.tasks)
        try:
            self.turn_until_done(self.main)
            self.turn_until_done(self.root)
        except DeadlockError:
            sys.stderr.write(f"scratch: cancelled, but {self.who_waits()}; abandoned\n")

    def who_waits(self) -> str:
        """Say which tasks wait, and for what."""
        tasks = [task for group in self.groups for task in group.tasks]
        few = [
            f"{t.coro.__qualname__} waits {getattr(t.place, 'waits', t.place)}" for t in tasks[:3]
        ]
        return ", ".join(few + [f"{len(tasks)} tasks in all"] * (len(tasks) > len(few)))


class TaskGroup:
    """Tasks that end together: `async with TaskGroup() as group: group.spawn(...)`.

    The block ends when all its tasks have. The first that fails cancels the others and the block;
    what failed is then raised in an `ExceptionGroup` (PEP 654).
    """

    __slots__ = ("cancelled", "end", "errors", "loop", "owner", "stop", "tasks")

    def __init__(self, loop: Loop | None = None) -> None:
        self.loop = loop or current_task().group.loop
        self.tasks: dict[Task, None] = {}  # in the order of spawning, to cancel in that order
        self.errors: list[Exception] = []
        self.cancelled = False
        self.owner: Task | None = None  # the task that is in the block
        self.stop: Cancelled | None = None  # by which the group itself stops the block
        self.end = Line("for the tasks of its group")

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
        owner, self.owner = current_task(), None
        if owner.cancelling is self.stop:  # the block ended before it could be raised
            owner.cancelling = None
        if error is not None:
            self.cancel()
        outside = error if isinstance(error, Cancelled) and error is not self.stop else None
        while self.tasks:
            try:
                await self.end.wait()
            except Cancelled as cancelled:
                outside = cancelled
                self.cancel()
        del self.loop.groups[self]
        if isinstance(error, Exception):
            self.errors.insert(0, error)
        elif error is not None and not isinstance(error, Cancelled):
            return  # KeyboardInterrupt and its like go on as they are
        if self.errors:
            if outside is not None:  # the owner's cancellation is still owed, at its next wait
                owner.interrupt(outside)
            raise ExceptionGroup(f"{len(self.errors)} failed in a task group", self.errors)
        if outside is not None and outside is not error:
            raise outside


class RootGroup(TaskGroup):
    """Tasks without a group around them: one that fails leaves the others alone."""

    __slots__ = ()

    def child_done(self, task: Task) -> None:
        """Take note of the end of a task."""
        del self.tasks[task]


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
            elif await self.senders.wait(value) is CLOSED:
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
            value = await self.receivers.wait()
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


def run(main: Callable[..., Coroutine[Any, Any, T]] | Coroutine[Any, Any, T], *args: Any) -> T:
    """Run a coroutine, or a coroutine function with `args`, in a loop of its own.

    Returns its result or raises its exception. Tasks that it spawned and that still run are then
    cancelled, and have cleaned up when this returns; so too after an interrupt or a deadlock.
    """
    return Loop().run(main(*args) if callable(main) else main)


def current_task() -> Task:
    """Return the task that runs now in this thread."""
    if here.loop is None or here.loop.current is None:
        raise RuntimeError("no task runs in this thread: start one with scratch.run")
    return here.loop.current


def spawn(coro: Coroutine[Any, Any, Any]) -> Task:
    """Start a task that may outlive this one. Join it, or use a `TaskGroup`, which never forgets."""
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
    timers = loop.timers
    timers.number += 1
    task.note = entry = (loop.clock() + seconds, timers.number, task)
    heappush(timers.heap, entry)
    yield timers


async def readable(sock: socket) -> None:
    """Wait until a read from `sock` would not block."""
    await current_task().group.loop.sockets.wait(sock.fileno(), EVENT_READ, EVENT_WRITE)


async def writable(sock: socket) -> None:
    """Wait until a write to `sock` would not block."""
    await current_task().group.loop.sockets.wait(sock.fileno(), EVENT_WRITE, EVENT_READ)
