"""Four tasks hold a lock while they wait between reading and writing a variable."""

import trio
import trio.lowlevel

from runner.witness import Witness

TASKS, UPDATES = 4, 100


async def probe(witness: Witness) -> str:
    value, lock = 0, trio.Lock()

    async def work() -> None:
        nonlocal value
        for _ in range(UPDATES):
            async with lock:
                read = value
                await trio.lowlevel.checkpoint()
                value = read + 1

    async with trio.open_nursery() as nursery:
        for _ in range(TASKS):
            nursery.start_soon(work)
    witness.saw(f"the value: {value} of {TASKS * UPDATES}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
