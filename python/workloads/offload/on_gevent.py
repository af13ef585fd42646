"""The thread pool of gevent's hub there; run_callback_threadsafe of its loop back.

gevent has no process pool, so it uses the one of the standard library: a thread of the hub's pool
waits for the job and does nothing else.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

import gevent

from runner.work import Params, Probe
from workloads.offload.steps import Journey, Taken, add_up, process_pool, step


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Executor | None]:
    with process_pool(params) as pool:
        yield pool


def travel(hops: int, pool: Executor | None) -> Journey:
    journey, threads = Journey(), gevent.get_hub().threadpool
    for _ in range(hops):
        if pool is None:
            journey.take(threads.apply(step, (journey.value,)))
        else:
            journey.take(threads.apply(pool.submit(step, journey.value).result))
    return journey


def travel_back(hops: int, loop: Any, start: Callable[[Callable[[], None]], object]) -> Journey:
    """Hop from this thread into the hub, which starts the step."""
    journey = Journey()
    for _ in range(hops):
        done: Future[Taken] = Future()
        take_step = lambda: done.set_result(step(journey.value))  # noqa: B023, E731
        loop.run_callback_threadsafe(start, take_step)
        journey.take(done.result())
    return journey


def run(params: Params, probe: Probe, pool: Executor | None) -> int:
    hub = gevent.get_hub()

    def make_journey() -> Journey:
        way = params.text("way")
        if way.startswith("from"):
            start = gevent.spawn if way == "from-thread" else lambda job: job()
            return hub.threadpool.apply(travel_back, (params.hops, hub.loop, start))
        return travel(params.hops, pool)

    greenlets = [gevent.spawn(make_journey) for _ in range(params.tasks)]
    gevent.joinall(greenlets, raise_error=True)
    return add_up((greenlet.get() for greenlet in greenlets), probe)
