"""Who did a job: proves that it ran where the implementation says, on the loop or away from it."""

from collections.abc import Iterable

from runner.proof import Place, current_place


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
