"""The thread that starts and stops a model, because no loop can be started in a running one."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.work import Probe

# What a fresh interpreter does: it imports what the model needs, and starts the model once.
FIRST_START = """
import sys, time
start = time.perf_counter_ns()
ran = getattr(__import__(sys.argv[1], fromlist=["*"]), sys.argv[2])(*sys.argv[3:])
print(time.perf_counter_ns() - start if ran else 0)
"""


@contextmanager
def other_thread(
    probe: Probe, start_and_stop: Callable[..., bool], *kind: str
) -> Iterator[ThreadPoolExecutor]:
    """Report how long the first start takes in a fresh interpreter; yield a thread that runs."""
    first = subprocess.run(
        [
            *(sys.executable, "-c", FIRST_START),
            *(start_and_stop.__module__, start_and_stop.__name__, *kind),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
    )
    probe.observe_least("import_ns", int(first.stdout))
    with ThreadPoolExecutor(1) as thread:
        thread.submit(int).result()
        yield thread


def repeat(starts: int, start_and_stop: Callable[..., bool], *kind: str) -> int:
    """Start and stop a model several times; return how often its task ran as it should."""
    # A thread of free-threaded Python inherits the context of its creator, in which a loop runs.
    return Context().run(_repeat, starts, start_and_stop, kind)


def _repeat(starts: int, start_and_stop: Callable[..., bool], kind: tuple[str, ...]) -> int:
    return sum(start_and_stop(*kind) for _ in range(starts))
