"""Tasks and one trio.Lock, which is first come, first served; to acquire it is a checkpoint."""

import trio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    counter = in_flight = most = 0
    lock = trio.Lock()
    suspends = bool(params.suspensions)

    async def count() -> None:
        nonlocal counter, in_flight, most
        in_flight += 1
        most = max(most, in_flight)
        for _ in range(params.increments):
            async with lock:
                seen = counter
                if suspends:
                    await trio.lowlevel.checkpoint()
                counter = seen + 1
        in_flight -= 1

    async with trio.open_nursery() as nursery:
        for _ in range(params.tasks):
            nursery.start_soon(count)
    probe.observe_least("in_flight", most)
    probe.observe("lost_updates", params.tasks * params.increments - counter)
    return counter
