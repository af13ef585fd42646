"""Tasks that wait to receive from a channel, which is closed at the end."""

from runner import scratch
from runner.work import Params, Probe
from workloads.ceiling.budget import Budget


async def run(params: Params, probe: Probe) -> int:
    channel = scratch.Channel[str]()
    started = waiting = ended = 0

    async def wait() -> None:
        nonlocal waiting, ended
        waiting += 1
        try:
            await channel.receive()
        except scratch.ChannelClosedError:
            waiting -= 1
            ended += 1

    budget = Budget(params, probe)
    async with scratch.TaskGroup() as group:
        while (target := budget.grow(waiting)) > started:
            while started < target:
                group.spawn(wait())
                started += 1
            await scratch.checkpoint()  # lets every new task run until it waits
        channel.close()
    return started - ended
