"""Tasks in a task group that pass a checkpoint, on either backend."""

import anyio
import anyio.lowlevel

from runner.work import Params, Probe
from workloads.switch.turns import MOST_YIELDS, Turns


async def run(params: Params, probe: Probe) -> int:
    turns, wanted = Turns(), params.switches

    async def take_turns() -> None:
        me = anyio.get_current_task().id
        turns.ran += 1
        for _ in range(MOST_YIELDS):
            if turns.switches >= wanted:
                return
            turns.switches += turns.last != me
            turns.last = me
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for _ in range(params.tasks):
            group.start_soon(take_turns)
    probe.observe_least("ran", turns.ran)
    return turns.switches
