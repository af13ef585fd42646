"""Two tasks of a nursery wait; a third fails."""

import trio

from runner.witness import Witness

WAIT_S = 0.05


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def sibling(name: str) -> None:
        try:
            await trio.sleep(WAIT_S)
            ended.append("run on")
        except trio.Cancelled:
            ended.append("cancelled")
            raise
        finally:
            witness.saw(f"{name} sibling: {ended[-1]}")

    async def failing() -> None:
        await trio.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sibling, "first")
            nursery.start_soon(sibling, "second")
            nursery.start_soon(failing)
    except* ValueError as failures:
        witness.saw(f"the nursery raised {failures.exceptions!r}")
    return " and ".join(sorted(set(ended)))
