"""Two tasks on two loops; each puts its value into a queue of the other loop, from its own thread.

An asyncio.Queue is not safe between threads, so `call_soon_threadsafe` lets its loop put the value.
"""

import asyncio
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager

from runner.loops import running
from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running(2)


class Box:
    """A queue, and the loop whose task gets the values."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self.loop = loop
        self.queue: asyncio.Queue[int] = asyncio.Queue()

    def put(self, value: int) -> None:
        self.loop.call_soon_threadsafe(self.queue.put_nowait, value)


async def ping(rounds: int, pings: Box, pongs: Box, turns: Turns) -> int:
    me = asyncio.current_task()
    value = 0
    for _ in range(rounds):
        turns.last = me
        pings.put(value)
        value = await pongs.queue.get() + 1
        turns.switches += turns.last is not me
    return value


async def pong(rounds: int, pings: Box, pongs: Box, turns: Turns) -> None:
    me = asyncio.current_task()
    for _ in range(rounds):
        answer = await pings.queue.get() + 1
        turns.last = me
        pongs.put(answer)


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    near, far = loops
    pings, pongs, turns = Box(far), Box(near), Turns()
    answers = asyncio.run_coroutine_threadsafe(pong(params.rounds, pings, pongs, turns), far)
    pinging = asyncio.run_coroutine_threadsafe(ping(params.rounds, pings, pongs, turns), near)
    value = pinging.result()
    answers.result()
    probe.observe_least("switches", turns.switches)
    return value
