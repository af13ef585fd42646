"""Threads and bounded queues."""

from itertools import pairwise
from queue import Queue
from threading import Thread

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    items = params.items
    queues: list[Queue[int]] = [Queue(params.capacity) for _ in range(params.stages + 1)]
    total = received = 0

    def produce(output: Queue[int]) -> None:
        for value in range(items):
            output.put(value)
        probe.observe_least("overlapped", received)

    def pass_on(source: Queue[int], output: Queue[int]) -> None:
        for _ in range(items):
            output.put(source.get() + 1)

    def consume(source: Queue[int]) -> None:
        nonlocal total, received
        for position in range(items):
            total += position * source.get()
            received += 1

    threads = [Thread(target=produce, args=(queues[0],))]
    threads += [Thread(target=pass_on, args=ends) for ends in pairwise(queues)]
    threads += [Thread(target=consume, args=(queues[-1],))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total
