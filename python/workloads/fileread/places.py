"""Who did a job: proves that it ran where the implementation says, on the loop or away from it."""

import os
from collections.abc import Iterable
from threading import get_ident
from typing import NamedTuple


class Place(NamedTuple):
    """A thread of a process."""

    process: int
    thread: int


def current_place() -> Place:
    return Place(os.getpid(), get_ident())


def count_here(places: Iterable[Place]) -> int:
    """Count the jobs that ran in this thread."""
    here = current_place()
    return sum(place == here for place in places)


def count_in_threads(places: Iterable[Place]) -> int:
    """Count the jobs that ran in other threads of this process."""
    here = current_place()
    return sum(place.process == here.process and place.thread != here.thread for place in places)


def count_in_processes(places: Iterable[Place]) -> int:
    """Count the jobs that ran in other processes."""
    here = current_place()
    return sum(place.process != here.process for place in places)
