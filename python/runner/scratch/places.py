"""Where the tasks of `runner.scratch` wait: in a line, for a timer, for a socket.

`await` goes down a chain of coroutines until something yields, and what it yields comes out of
`coroutine.send` in the scheduler. Only a generator can yield there, so the waits at the bottom are
generators, marked by `types.coroutine`. Each parks its task in a place where the waker will find it
(a heap, the selector, a line) and yields that place. All that the scheduler ever asks of a place is
to forget a task that is cancelled: it has no table of the kinds of waits, and a new one needs no
change in it. What waker and task tell each other is in `task.note`, so waits make no objects.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from heapq import heapify, heappop, heappush
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selectors import SelectorKey

    from runner.scratch.loop import Task

FEWEST_DEAD = 64  # with fewer cancelled timers than this, sweeping them out is not worth a turn


class Place:
    """Where a task can wait; `waits` completes the sentence "the task waits ..."."""

    __slots__ = ("waits",)

    def __init__(self, waits: str) -> None:
        self.waits = waits

    def forget(self, task: Task) -> None:
        """Take out a task that waits here, since it was cancelled."""


READY = Place("for its turn")  # in the ready queue, and nothing was handed over


class Line(Place):
    """Tasks that wait for the same thing, first come, first served.

    An ordered dict: the first is taken from the front, a cancelled one from anywhere, and both must
    be cheap however many wait. A deque would have to be searched; a dict's front is slow to find.
    """

    __slots__ = ("tasks",)

    def __init__(self, waits: str) -> None:
        super().__init__(waits)
        self.tasks: OrderedDict[Task, None] = OrderedDict()

    def park(self, task: Task, note: Any = None) -> Place:
        """Put `task` at the line's end, with what it brings."""
        task.note = note
        self.tasks[task] = None
        return self

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

    def park(self, task: Task, deadline: float) -> Place:
        """Have `task` woken once `deadline` has passed."""
        self.number += 1
        task.note = entry = (deadline, self.number, task)
        heappush(self.heap, entry)
        return self

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
                task.note, task.place = None, READY
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

    def park(self, task: Task, fd: int, event: int, other: int) -> Place:
        """Have `task` woken by `event`; by `other`, another task may want to be on this `fd`."""
        if (fd, event) in self.tasks:
            raise RuntimeError(f"another task already waits for this of descriptor {fd}")
        if (fd, other) in self.tasks:
            self.selector.modify(fd, event | other)
        else:
            self.selector.register(fd, event)
        task.note = (fd, event, other)
        self.tasks[fd, event] = task
        return self

    def forget(self, task: Task) -> None:
        """Undo the task's registration."""
        fd, event, other = task.note
        task.note = None
        del self.tasks[fd, event]
        if (fd, other) in self.tasks:
            self.selector.modify(fd, other)
        else:
            self.selector.unregister(fd)

    def wake(self, selected: list[tuple[SelectorKey, int]], ready: deque[Task]) -> None:
        """Make the tasks ready whose events the selector has seen."""
        for key, events in selected:
            for event in (EVENT_READ, EVENT_WRITE):
                if events & event and (task := self.tasks.get((key.fd, event))):
                    self.forget(task)
                    task.place = READY
                    ready.append(task)
