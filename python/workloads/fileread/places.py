"""Who did a job: proves that it ran where the implementation says, on the loop or away from it."""

import os
from collections.abc import Iterable
from threading import get_ident
from typing import TypeAlias

# A process and one of its threads. A plain pair: it is made for each small read that is timed.
Place: TypeAlias = tuple[int, int]


def current_place() -> Place:
    return os.getpid(), get_ident()


def count_here(places: Iterable[Place]) -> int:
    """Count the jobs that ran in this thread."""
    here = current_place()
    return sum(place == here for place in places)


def count_in_threads(places: Iterable[Place]) -> int:
    """Count the jobs that ran in other threads of this process."""
    here, caller = current_place()
    return sum(process == here and thread != caller for process, thread in places)


def count_in_processes(places: Iterable[Place]) -> int:
    """Count the jobs that ran in other processes."""
    here, _ = current_place()
    return sum(process != here for process, _ in places)
