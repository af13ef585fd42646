"""Greenlets and bounded queues."""

from itertools import pairwise

import gevent
from gevent.queue import Queue

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

    greenlets = [gevent.spawn(produce, queues[0])]
    greenlets += [gevent.spawn(pass_on, source, output) for source, output in pairwise(queues)]
    greenlets += [gevent.spawn(consume, queues[-1])]
    gevent.joinall(greenlets, raise_error=True)
    return total
