"""Two tasks and two unbuffered channels."""

from runner import scratch
from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


async def run(params: Params, probe: Probe) -> int:
    pings = scratch.Channel[int]()
    pongs = scratch.Channel[int]()
    turns = Turns()
    value = 0

    async def ping() -> None:
        nonlocal value
        me = scratch.current_task()
        for _ in range(params.rounds):
            turns.last = me
            await pings.send(value)
            value = await pongs.receive() + 1
            turns.switches += turns.last is not me

    async def pong() -> None:
        me = scratch.current_task()
        for _ in range(params.rounds):
            answer = await pings.receive() + 1
            turns.last = me
            await pongs.send(answer)

    async with scratch.TaskGroup() as group:
        group.spawn(ping())
        group.spawn(pong())
    probe.observe_least("switches", turns.switches)
    return value
