"""Tasks on several loops, one per core; each has a bounded queue on the loop of its receiver.

An asyncio.Queue is not safe between threads, so its loop puts each value and the sender waits.
"""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager
from itertools import cycle, pairwise

from runner.loops import running
from runner.work import Params, Probe


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running()


class Channel:
    """A bounded queue, and the loop whose task gets the values."""

    def __init__(self, loop: AbstractEventLoop, capacity: int) -> None:
        self.loop = loop
        self.queue: asyncio.Queue[int] = asyncio.Queue(capacity)

    async def put(self, value: int) -> None:
        putting = asyncio.run_coroutine_threadsafe(self.queue.put(value), self.loop)
        await asyncio.wrap_future(putting)


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    items, places = params.items, cycle(loops)
    start = next(places)
    channels = [Channel(next(places), params.capacity) for _ in range(params.stages + 1)]
    total = received = 0

    async def produce(output: Channel) -> None:
        for value in range(items):
            await output.put(value)
        probe.observe_least("overlapped", received)

    async def pass_on(source: Channel, output: Channel) -> None:
        for _ in range(items):
            await output.put(await source.queue.get() + 1)

    async def consume(source: Channel) -> None:
        nonlocal total, received
        for position in range(items):
            total += position * await source.queue.get()
            received += 1

    work = [(produce(channels[0]), start), (consume(channels[-1]), channels[-1].loop)]
    work += [(pass_on(source, output), source.loop) for source, output in pairwise(channels)]
    for job in [asyncio.run_coroutine_threadsafe(*each) for each in work]:
        job.result()
    return total
