"""Interpreters and bounded queues; the main interpreter is the consumer.

Who finds a queue full or empty looks again after 10 ms.
"""

from concurrent import interpreters
from contextlib import AbstractContextManager
from itertools import pairwise

from runner.interpreter_pool import crew
from runner.work import Params, Probe

Crew = list[interpreters.Interpreter]


def produce(items: int, output: interpreters.Queue, received: memoryview) -> None:
    """Send the values, and leave how many have been received by then."""
    for value in range(items):
        output.put(value)
    received[1] = received[0]


def pass_on(items: int, source: interpreters.Queue, output: interpreters.Queue) -> None:
    for _ in range(items):
        output.put(source.get() + 1)


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Crew]:
    return crew(__name__, params.stages + 1)


def run(params: Params, probe: Probe, workers: Crew) -> int:
    items, total = params.items, 0
    queues = [interpreters.create_queue(params.capacity) for _ in range(params.stages + 1)]
    received = memoryview(bytearray(16)).cast("q")  # until now, and until the last was sent
    producer, *stages = workers
    threads = [producer.call_in_thread(produce, items, queues[0], received)]
    threads += [
        stage.call_in_thread(pass_on, items, *ends)
        for stage, ends in zip(stages, pairwise(queues), strict=False)
    ]
    for position in range(items):
        total += position * queues[-1].get()
        received[0] += 1
    for thread in threads:
        thread.join()
    probe.observe_least("overlapped", received[1])
    return total
