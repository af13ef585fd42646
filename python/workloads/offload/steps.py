"""The step that is taken elsewhere, the proof that it was taken there, and a process to go to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from runner.models import START_METHOD
from runner.proof import Place, current_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import ProcessPoolExecutor

    from runner.work import Params, Probe

Taken = tuple[int, Place]  # a step: the number that it made, and where


def step(value: int) -> Taken:
    """Add one; return also where this ran."""
    return value + 1, current_place()


async def step_in_loop(value: int) -> Taken:
    return step(value)


class Journey:
    """One hop after the other, each with the value that the one before it brought back."""

    def __init__(self) -> None:
        self.value = self.away = 0
        self.home, self.places = current_place(), set[Place]()

    def take(self, result: Taken) -> None:
        """Take what a step returned, and note where it was taken."""
        self.value, place = result
        self.away += place != self.home
        self.places.add(place)


def add_up(journeys: Iterable[Journey], probe: Probe) -> int:
    """Report where the steps were taken; return the sum of the values."""
    journeys = list(journeys)
    probe.observe_least("away", sum(journey.away for journey in journeys))
    probe.observe("workers", len(set[Place]().union(*(journey.places for journey in journeys))))
    return sum(journey.value for journey in journeys)


@contextmanager
def process_pool(params: Params) -> Iterator[ProcessPoolExecutor | None]:
    """Yield a pool of one process that has done a job; None if the case needs no process."""
    if params.text("way") != "to-process":
        yield None
        return
    # Imported here because only one case uses a process.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    processes = get_context(START_METHOD)
    processes.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, processes) as pool:
        pool.submit(step, 0).result()
        yield pool
