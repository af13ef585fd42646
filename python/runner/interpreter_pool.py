"""Interpreters in this process that have started: what implementations of `interpreters` share."""

from __future__ import annotations

import os
from concurrent import futures
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor


def current_interpreter() -> int:
    """Return the id of the interpreter that runs this."""
    return int(_interpreters().get_current().id)


@contextmanager
def warm_pool(module: str, workers: int | None = None) -> Iterator[Executor]:
    """Yield a pool with so many interpreters, or one per core, which all have imported `module`.

    A pool starts another interpreter only if none is idle, so the first jobs wait for each other.
    """
    workers = workers or os.cpu_count() or 1
    interpreters = _interpreters()
    arrived, all_started = interpreters.create_queue(), interpreters.create_queue()
    # mypy checks for 3.11, which has no such pool; `since` keeps older interpreters out.
    create_pool = getattr(futures, "InterpreterPoolExecutor")  # noqa: B009
    with create_pool(workers, initializer=_load, initargs=(module,)) as pool:
        meetings = [pool.submit(_meet, arrived, all_started) for _ in range(workers)]
        for _ in meetings:
            arrived.get()
        for _ in meetings:
            all_started.put(None)
        for meeting in meetings:
            meeting.result()
        yield pool


@contextmanager
def crew(module: str, number: int) -> Iterator[list[Any]]:
    """Yield so many interpreters, which all have imported `module`; at the end, close them."""
    with ExitStack() as ending:
        started = []
        for _ in range(number):
            started.append(_interpreters().create())
            ending.callback(started[-1].close)
            started[-1].call(_load, module)
        yield started


def _load(module: str) -> None:
    import_module(module)


def _meet(arrived: Any, all_started: Any) -> None:
    arrived.put(None)
    all_started.get()


def _interpreters() -> Any:
    return import_module("concurrent.interpreters")  # not in every version of Python
