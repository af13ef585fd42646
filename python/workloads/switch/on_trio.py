"""Tasks in a nursery that pass a checkpoint."""

import trio

from runner.work import Params, Probe
from workloads.switch.turns import MOST_YIELDS, Turns


async def run(params: Params, probe: Probe) -> int:
    turns, wanted = Turns(), params.switches

    async def take_turns() -> None:
        me = trio.lowlevel.current_task()
        turns.ran += 1
        for _ in range(MOST_YIELDS):
            if turns.switches >= wanted:
                return
            turns.switches += turns.last is not me
            turns.last = me
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        for _ in range(params.tasks):
            nursery.start_soon(take_turns)
    probe.observe_least("ran", turns.ran)
    return turns.switches
