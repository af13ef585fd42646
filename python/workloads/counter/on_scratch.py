"""Tasks and a channel with room for one value, which is the lock: who has put it in holds it."""

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    counter = in_flight = most = 0
    lock: scratch.Channel[None] = scratch.Channel(1)
    suspends = bool(params.suspensions)

    async def count() -> None:
        nonlocal counter, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(params.increments):
            await lock.send(None)
            seen = counter
            if suspends:
                await scratch.checkpoint()
            counter = seen + 1
            await lock.receive()
        in_flight -= 1

    async with scratch.TaskGroup() as group:
        for _ in range(params.tasks):
            group.spawn(count())
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
