"""Two tasks and two channels without a buffer: each send meets its receive."""

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    there = scratch.Channel[int]()
    back = scratch.Channel[int]()
    value = 0

    async def ping() -> None:
        nonlocal value
        for _ in range(params.rounds):
            await there.send(value)
            value = await back.receive() + 1

    async def pong() -> None:
        for _ in range(params.rounds):
            await back.send(await there.receive() + 1)

    async with scratch.TaskGroup() as group:
        group.spawn(ping())
        group.spawn(pong())
    return value
