"""Tasks that wait to receive from a channel; each is sent a value."""

from runner import scratch
from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    channel = scratch.Channel[str]()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await channel.receive()
        ended += 1

    async with scratch.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.spawn(wait())
                started += 1
            await scratch.checkpoint()  # lets every new task run until it waits
            probe.parked(started)
        for _ in range(started):
            await channel.send("end")
    return ended
