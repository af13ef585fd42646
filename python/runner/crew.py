"""Threads that have started and wait for work: what implementations for several workers share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import get_ident
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")


@contextmanager
def waiting_threads(number: int) -> Iterator[list[ThreadPoolExecutor]]:
    """Yield so many threads, each behind a queue of its own; at the end, end all of them.

    One pool for all would let a fast thread take the work of another. To start a thread waits until
    it runs, so the caller stands in line behind the threads that compute already.
    """
    with ExitStack() as ending:
        threads = [ending.enter_context(ThreadPoolExecutor(1)) for _ in range(number)]
        for started in [thread.submit(get_ident) for thread in threads]:
            started.result()
        yield threads


def run_in_each(
    threads: Sequence[ThreadPoolExecutor], work: Callable[[int], T], parts: Sequence[int]
) -> list[T]:
    """Run `work(part)` of part k in thread k, all at once; return what each returns."""
    jobs = [thread.submit(work, part) for thread, part in zip(threads, parts, strict=True)]
    return [job.result() for job in jobs]
