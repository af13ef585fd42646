"""Tasks in a task group that sleep for no time."""

import asyncio

from runner.work import Params, Probe
from workloads.switch.turns import MOST_YIELDS, Turns


async def run(params: Params, probe: Probe) -> int:
    turns, wanted = Turns(), params.switches

    async def take_turns() -> None:
        me = asyncio.current_task()
        turns.ran += 1
        for _ in range(MOST_YIELDS):
            if turns.switches >= wanted:
                return
            turns.switches += turns.last is not me
            turns.last = me
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(params.tasks):
            group.create_task(take_turns())
    probe.observe_least("ran", turns.ran)
    return turns.switches
