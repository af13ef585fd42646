"""Four tasks wait between reading and writing a variable."""

import anyio
import anyio.lowlevel

from runner.witness import Witness

TASKS, UPDATES = 4, 100


async def probe(witness: Witness) -> str:
    value = 0

    async def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            read = value
            await anyio.lowlevel.checkpoint()
            value = read + 1

    async with anyio.create_task_group() as group:
        for _ in range(TASKS):
            group.start_soon(work)
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
