"""Four tasks hold a lock while they wait between reading and writing a variable."""

import asyncio

from runner.witness import Witness

TASKS, UPDATES = 4, 100


async def probe(witness: Witness) -> str:
    value, lock = 0, asyncio.Lock()

    async def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            async with lock:
                read = value
                await asyncio.sleep(0)
                value = read + 1

    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(work())
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
