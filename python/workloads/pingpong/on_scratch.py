"""Two tasks and two unbuffered channels."""

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    pings = scratch.Channel[int]()
    pongs = scratch.Channel[int]()
    value = 0

    async def ping() -> None:
        nonlocal value
        for _ in range(params.rounds):
            await pings.send(value)
            value = await pongs.receive() + 1

    async def pong() -> None:
        for _ in range(params.rounds):
            await pongs.send(await pings.receive() + 1)

    async with scratch.TaskGroup() as group:
        group.spawn(ping())
        group.spawn(pong())
    return value
