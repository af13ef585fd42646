"""gather without return_exceptions, and one of two tasks fails."""

import asyncio

from runner.witness import Witness

WAIT_S = 0.05


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def other() -> None:
        try:
            await asyncio.sleep(WAIT_S)
            ended.append("run on")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def failing() -> None:
        await asyncio.sleep(WAIT_S / 5)
        raise ValueError("the other one fails")

    task = asyncio.create_task(other())
    try:
        await asyncio.gather(task, failing())
    except ValueError as failure:
        witness.saw(f"gather raised {failure!r}; the other task is done: {task.done()}")
    await asyncio.wait([task])
    witness.saw(f"the other task: {ended[-1]}")
    return ended[-1]
