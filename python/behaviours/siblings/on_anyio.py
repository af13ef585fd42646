"""Two tasks of a task group wait; a third fails."""

import anyio

from runner.witness import Witness

WAIT_S = 0.05


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def sibling(name: str) -> None:
        try:
            await anyio.sleep(WAIT_S)
            ended.append("run on")
        except anyio.get_cancelled_exc_class():
            ended.append("cancelled")
            raise
        finally:
            witness.saw(f"{name} sibling: {ended[-1]}")

    async def failing() -> None:
        await anyio.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(sibling, "first")
            group.start_soon(sibling, "second")
            group.start_soon(failing)
    except* ValueError as failures:
        witness.saw(f"the group raised {failures.exceptions!r}")
    return " and ".join(sorted(set(ended)))
