"""Collects the events of a traced run in memory; they are sent when the run is over."""

from __future__ import annotations

import time
from collections import Counter
from itertools import count, islice
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
        self.names: dict[int, str] = {}
        self._lanes = count(first_lane)

    def created(self, name: str, group: str, by: int = NOBODY) -> int:
        """Record a new lane and return it. Its name may be changed in `names` until the end."""
        lane = next(self._lanes)
        self.names[lane] = name
        self.events.append((self.clock(), "created", lane, by, "", group))
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

    def named(self) -> Iterator[tuple[Any, ...]]:
        """Yield the events, with the names of lanes; those of the same name are numbered."""
        seen: Counter[str] = Counter()
        for event in self.events:
            if event[1] != "created" or event[4]:
                yield event
                continue
            name = shorten(self.names[event[2]])
            seen[name] += 1
            text = name if seen[name] == 1 else f"{name} {seen[name]}"
            yield (*event[:4], text, event[5])

    def messages(self) -> Iterator[dict[str, Any]]:
        """Yield the events in messages of a moderate size."""
        events = self.named()
        while some := list(islice(events, _AT_ONCE)):
            yield {"kind": "events", "events": some}


def shorten(name: str) -> str:
    """Return the last part of a qualified name: `run.<locals>.cook` -> `cook`."""
    return name.rpartition(".")[2]
