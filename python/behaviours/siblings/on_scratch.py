"""Two tasks of a TaskGroup wait; a third fails."""

from runner import scratch
from runner.witness import Witness

WAIT_S = 0.05


async def probe(witness: Witness) -> str:
    ended: list[str] = []

    async def sibling(name: str) -> None:
        try:
            await scratch.sleep(WAIT_S)
            ended.append("run on")
        except scratch.Cancelled:
            ended.append("cancelled")
            raise
        finally:
            witness.saw(f"{name} sibling: {ended[-1]}")

    async def failing() -> None:
        await scratch.sleep(WAIT_S / 5)
        raise ValueError("the third task fails")

    try:
        async with scratch.TaskGroup() as group:
            group.spawn(sibling("first"))
            group.spawn(sibling("second"))
            group.spawn(failing())
    except* ValueError as failures:
        witness.saw(f"the group raised {failures.exceptions!r}")
    return " and ".join(sorted(set(ended)))
