"""Two tasks of a TaskGroup wait; a third fails."""

import asyncio

from runner.witness import Witness

WAIT_S = 0.05


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def sibling(name: str) -> None:
        try:
            await asyncio.sleep(WAIT_S)
            ended.append("run on")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        finally:
            witness.saw(f"{name} sibling: {ended[-1]}")

    async def failing() -> None:
        await asyncio.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling("first"))
            group.create_task(sibling("second"))
            group.create_task(failing())
    except* ValueError as failures:
        witness.saw(f"the group raised {failures.exceptions!r}")
    return " and ".join(sorted(set(ended)))
