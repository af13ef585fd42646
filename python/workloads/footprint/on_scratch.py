"""Tasks that wait to receive from one channel; each is sent the word."""

from runner import scratch
from runner.work import Params, Probe

STEPS = 4


async def run(params: Params, probe: Probe) -> int:
    told = scratch.Channel[str]()
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        await told.receive()
        ended += 1

    async with scratch.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.spawn(wait())
                started += 1
            await scratch.checkpoint()  # each of them runs before this goes on, up to its wait
            probe.parked(started)
        for _ in range(started):
            await told.send("end")
    return ended
