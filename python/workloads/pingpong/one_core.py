"""Keeps two threads on one core, so that a hand-over wakes no other core."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

from runner.work import Unsupported


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and the threads that it starts, on the core where it runs now.

    The harness chooses that core for each round, the same for all contestants.
    """
    if not hasattr(os, "sched_setaffinity"):
        raise Unsupported("this system cannot keep a thread on one core")
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {ctypes.CDLL(None).sched_getcpu()})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
