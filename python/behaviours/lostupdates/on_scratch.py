"""Four tasks increment a variable, with nothing to wait for in between."""

from runner import scratch
from runner.witness import Witness

TASKS, UPDATES = 4, 3_000_000


async def probe(witness: Witness) -> str:
    value = 0

    async def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            value += 1
        await scratch.checkpoint()

    async with scratch.TaskGroup() as group:
        for _ in range(TASKS):
            group.spawn(work())
    witness.saw(f"the value: {value:,} of {TASKS * UPDATES:,}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
