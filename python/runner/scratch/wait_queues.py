"""Where the tasks of `runner.scratch` wait: in a FIFO queue, for a timer, or for a socket.

An `await` goes down a chain of coroutines until something yields, and what it yields is returned by
`coroutine.send` in the scheduler. Only a generator can yield there, so the lowest-level waits are
generators marked with `types.coroutine`. Each one puts its task into a wait queue, where the waker
will find it (a heap, the selector, a FIFO queue), and yields that queue. The scheduler needs only
one operation of a queue: to remove a task that is cancelled. So it has no table of the kinds of
waits, and a new kind does not change it. Waker and task pass data in `task.wait_data`, so a wait
creates no object.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from heapq import heapify, heappop, heappush
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selectors import SelectorKey

    from runner.scratch.loop import Task

MIN_CANCELLED = 64  # with fewer cancelled timers than this, rebuilding the heap does not pay


class WaitQueue:
    """Tasks that wait; `waits` completes the sentence "the task waits ..."."""

    __slots__ = ("waits",)

    def __init__(self, waits: str) -> None:
        self.waits = waits

    def remove(self, task: Task) -> None:
        """Remove a waiting task, because it was cancelled."""


READY = WaitQueue("for its turn")  # marks a task in the ready queue that was handed no value


class FifoQueue(WaitQueue):
    """Tasks that wait for the same thing; the one that has waited longest is woken first.

    An ordered dict: taking the first task and removing a cancelled one from the middle must both
    be cheap, however many wait. A deque would have to be searched, and a plain dict finds its
    first item slowly once items were removed at the front.
    """

    __slots__ = ("tasks",)

    def __init__(self, waits: str) -> None:
        super().__init__(waits)
        self.tasks: OrderedDict[Task, None] = OrderedDict()

    def add(self, task: Task, value: Any = None) -> WaitQueue:
        """Append `task`, with a value for its waker."""
        task.wait_data = value
        self.tasks[task] = None
        return self

    def wake(self, value: Any = None) -> Any:
        """Make the first task ready and hand it `value`; return the value that it brought."""
        task, _ = self.tasks.popitem(last=False)
        brought, task.wait_data = task.wait_data, value
        task.queue = None
        task.group.loop.ready.append(task)
        return brought

    def remove(self, task: Task) -> None:
        """Remove `task` and the value that it brought."""
        task.wait_data = None
        self.tasks.pop(task, None)


class Timers(WaitQueue):
    """Sleeping tasks, in a heap of (deadline, number, task). A list would be searched each time.

    The number breaks ties: tuples with equal deadlines compare by their next item, and tasks have
    no order. The numbers have the order in which the tasks fell asleep.

    Deletion is lazy. Finding a cancelled timer in the heap would take a search, so it is dropped
    when it reaches the top; a timer is cancelled if it is no longer its task's `wait_data`. When
    more than half of the timers are cancelled, the heap is rebuilt: otherwise timeouts that never
    fire would fill the memory. As many cancellations precede each rebuild, so a cancellation costs
    O(1), amortised.
    """

    __slots__ = ("cancelled", "heap", "number")

    def __init__(self) -> None:
        super().__init__("for a timer")
        self.heap: list[tuple[float, int, Task]] = []
        self.number = self.cancelled = 0

    def add(self, task: Task, deadline: float) -> WaitQueue:
        """Wake `task` once `deadline` has passed."""
        self.number += 1
        task.wait_data = entry = (deadline, self.number, task)
        heappush(self.heap, entry)
        return self

    def remove(self, task: Task) -> None:
        """Cancel the timer of `task`."""
        task.wait_data = None
        self.cancelled += 1
        if self.cancelled > MIN_CANCELLED and self.cancelled * 2 > len(self.heap):
            self.heap[:] = [entry for entry in self.heap if entry[2].wait_data is entry]
            heapify(self.heap)
            self.cancelled = 0

    def deadline(self) -> float | None:
        """Return the earliest deadline, or None if no task sleeps."""
        heap = self.heap
        while heap and heap[0][2].wait_data is not heap[0]:
            heappop(heap)
            self.cancelled -= 1
        return heap[0][0] if heap else None

    def wake(self, now: float, ready: deque[Task]) -> None:
        """Make the tasks ready whose deadline has passed, the earliest first."""
        heap = self.heap
        while heap and heap[0][0] <= now:
            entry = heappop(heap)
            task = entry[2]
            if task.wait_data is entry:
                task.wait_data, task.queue = None, READY
                ready.append(task)
            else:
                self.cancelled -= 1


class Sockets(WaitQueue):
    """Tasks that wait for I/O: the selector, and the task for each event of a file descriptor.

    A registration is removed after one wake-up. A selector reports what is ready, not what has
    become ready: a registration that outlived its task's wait would end every later wait at once,
    and the loop would never sleep.
    """

    __slots__ = ("selector", "tasks")

    def __init__(self) -> None:
        super().__init__("for a socket")
        self.selector = DefaultSelector()
        self.tasks: dict[tuple[int, int], Task] = {}

    def add(self, task: Task, fd: int, event: int, other: int) -> WaitQueue:
        """Wake `task` on `event`; another task may wait for the `other` event of the same `fd`."""
        if (fd, event) in self.tasks:
            raise RuntimeError(f"another task already waits for this event of descriptor {fd}")
        if (fd, other) in self.tasks:
            self.selector.modify(fd, event | other)
        else:
            self.selector.register(fd, event)
        task.wait_data = (fd, event, other)
        self.tasks[fd, event] = task
        return self

    def remove(self, task: Task) -> None:
        """Remove the registration of `task`."""
        fd, event, other = task.wait_data
        task.wait_data = None
        del self.tasks[fd, event]
        if (fd, other) in self.tasks:
            self.selector.modify(fd, other)
        else:
            self.selector.unregister(fd)

    def wake(self, selected: list[tuple[SelectorKey, int]], ready: deque[Task]) -> None:
        """Make the tasks ready whose events the selector has reported."""
        for key, events in selected:
            for event in (EVENT_READ, EVENT_WRITE):
                if events & event and (task := self.tasks.get((key.fd, event))):
                    self.remove(task)
                    task.queue = READY
                    ready.append(task)
