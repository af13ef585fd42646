"""Processes A, B and C: each has a GIL of its own."""

import time
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue

from runner.models import START_METHOD
from runner.work import Params, Probe
from scenes.threetasks.work import compute

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def step(steps: int, loops: int, wait_ns: int, results: SimpleQueue[int]) -> None:
    for _ in range(steps):
        compute(loops)
        results.put(1)
        time.sleep(wait_ns / 1e9)


def run(params: Params, probe: Probe) -> int:
    results = processes.SimpleQueue()
    arguments = (params.steps, params.loops, params.wait_ns, results)
    children = [
        processes.Process(target=step, args=arguments, name=name) for name in ("A", "B", "C")
    ]
    for child in children:
        child.start()
    done = sum(results.get() for _ in range(3 * params.steps))
    for child in children:
        child.join()
    results.close()
    return done
