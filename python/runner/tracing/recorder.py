"""Collects the events of a traced run in memory; they are sent when the run is over."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = -1  # no lane: the loop, a timer, the kernel
_AT_ONCE = 2_000  # events in a message


class Recorder:
    """One list of events, in the form of the wire: (ns, kind, lane, other, text, group).

    An event is one call of the clock and one append: both are atomic in CPython, so threads may
    record without a lock.
    """

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns, first_lane: int = 0) -> None:
        self.clock = clock
        self.events: list[tuple[Any, ...]] = []
        self.cpu_ns = 0  # of other processes
        self._lanes = count(first_lane)
        self._names: Counter[str] = Counter()

    def created(self, name: str, group: str, by: int = NOBODY) -> int:
        """Record a new lane and return it. Later lanes of the same name are numbered."""
        lane, short = next(self._lanes), shorten(name)
        self._names[short] += 1
        number = self._names[short]
        text = short if number == 1 else f"{short} {number}"
        self.events.append((self.clock(), "created", lane, by, text, group))
        return lane

    def ready(self, lane: int, by: int = NOBODY, cause: str = "") -> None:
        """Record that a lane can run, woken by a lane or by something else."""
        self.events.append((self.clock(), "ready", lane, by, cause))

    def runs(self, lane: int) -> None:
        """Record that a lane begins to run."""
        self.events.append((self.clock(), "runs", lane))

    def yields(self, lane: int) -> None:
        """Record that a lane stops although it could go on."""
        self.events.append((self.clock(), "yields", lane))

    def waits(self, lane: int, what: str) -> None:
        """Record that a lane waits. If it was woken while it ran, it is ready."""
        self.events.append((self.clock(), "waits", lane, NOBODY, what))

    def done(self, lane: int) -> None:
        """Record the end of a lane."""
        self.events.append((self.clock(), "done", lane))

    def sleeps(self, timeout: float | None) -> None:
        """Record that the loop asks the kernel for events, for at most this many seconds."""
        text = "poll" if timeout is not None and timeout <= 0 else "sleep"
        self.events.append((self.clock(), "sleeps", NOBODY, NOBODY, text))

    def wakes(self) -> None:
        """Record that the kernel has answered."""
        self.events.append((self.clock(), "wakes", NOBODY))

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the events in messages of a moderate size."""
        for start in range(0, len(self.events), _AT_ONCE):
            yield {"kind": "events", "events": self.events[start : start + _AT_ONCE]}


def shorten(name: str) -> str:
    """Return the last part of a qualified name: `run.<locals>.cook` -> `cook`."""
    return name.rpartition(".")[2]
