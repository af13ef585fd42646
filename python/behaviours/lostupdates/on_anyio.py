"""Four tasks increment a variable, with nothing to wait for in between."""

import anyio
import anyio.lowlevel

from runner.witness import Witness

TASKS, UPDATES = 4, 3_000_000


async def probe(witness: Witness) -> str:
    value = 0

    async def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            value += 1
        await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        for _ in range(TASKS):
            group.start_soon(work)
    witness.saw(f"the value: {value:,} of {TASKS * UPDATES:,}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
