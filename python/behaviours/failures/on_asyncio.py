"""A TaskGroup waits for two tasks that both fail."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    raised: list[BaseException] = []
    now = asyncio.Event()

    async def failing(name: str) -> None:
        await now.wait()
        raise ValueError(name)

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing("first"))
            group.create_task(failing("second"))
            await asyncio.sleep(0)  # both wait
            now.set()
    except* ValueError as failures:
        raised.extend(failures.exceptions)
    witness.saw(f"the group raised {raised!r}")
    return "all at once" if len(raised) > 1 else "only the first"
