"""How implementations prove what they did: where a job ran, and how many were in flight at once."""

from __future__ import annotations

import os
from threading import get_ident
from typing import TypeAlias

# A process and one of its threads. A plain pair: it is made for each short job that is timed.
Place: TypeAlias = tuple[int, int]


def current_place() -> Place:
    """Return where this runs."""
    return os.getpid(), get_ident()


class InFlight:
    """Counts what is in flight on one loop: `with in_flight:` around each job."""

    __slots__ = ("most", "now")

    def __init__(self) -> None:
        self.now = self.most = 0

    def __enter__(self) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        self.now -= 1
