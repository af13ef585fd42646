"""Imitates a noisy host: every core is slow at times.

Phases of 0.3 to 3 s, in which every core loses almost half of its time in slices of about 2 ms,
alternate with quiet of the same length. All cores are slow at once, as under a busy hypervisor.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Iterator
from multiprocessing import get_context

_PHASE_S = (0.3, 3.0)
_SLICE_S, _PAUSE_S = 0.0018, 0.002
_SEED = 7  # the same on every core


@contextlib.contextmanager
def noise() -> Iterator[None]:
    """Slow every core while the body runs."""
    context = get_context("spawn")
    workers = [
        context.Process(target=_slow_core, args=(core,), daemon=True)
        for core in sorted(os.sched_getaffinity(0))
    ]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def _slow_core(core: int) -> None:
    os.sched_setaffinity(0, {core})
    with contextlib.suppress(PermissionError):  # without the right to, it takes a fair share
        os.nice(-15)
    phases = random.Random(_SEED)
    while True:
        end = time.monotonic() + phases.uniform(*_PHASE_S)
        while time.monotonic() < end:
            _keep_busy(_SLICE_S)
            time.sleep(_PAUSE_S)
        time.sleep(phases.uniform(*_PHASE_S))


def _keep_busy(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
