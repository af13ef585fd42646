"""Event loops of asyncio, each in a thread of its own: what implementations of `loops` share."""

from __future__ import annotations

import os
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Coroutine, Iterator, Sequence

T = TypeVar("T")


@contextmanager
def running(number: int | None = None) -> Iterator[list[AbstractEventLoop]]:
    """Yield so many event loops that run, or one per core; at the end, close all of them."""
    with ExitStack() as ending:
        loops = []
        for _ in range(number or os.cpu_count() or 1):
            started: Future[AbstractEventLoop] = Future()
            thread = Thread(target=_run_loop, args=(started,))
            thread.start()
            loops.append(started.result())
            ending.callback(thread.join)
            ending.callback(loops[-1].call_soon_threadsafe, loops[-1].stop)
        yield loops


def _run_loop(started: Future[AbstractEventLoop]) -> None:
    # Imported here because a trial loads the library of its model alone.
    import asyncio

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.call_soon(started.set_result, loop)
        loop.run_forever()


def run_on_each(
    loops: Sequence[AbstractEventLoop], work: Callable[[int], Coroutine[Any, Any, T]]
) -> list[T]:
    """Run `work(k)` on loop k, counted from 0, on all loops at once; return what each returns."""
    import asyncio

    jobs = [asyncio.run_coroutine_threadsafe(work(k), loop) for k, loop in enumerate(loops)]
    return [job.result() for job in jobs]
