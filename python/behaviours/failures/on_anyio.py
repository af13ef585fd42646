"""A group waits for two tasks that both fail."""

import anyio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    raised: list[BaseException] = []
    now = anyio.Event()

    async def failing(name: str) -> None:
        await now.wait()
        raise ValueError(name)

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(failing, "first")
            group.start_soon(failing, "second")
            await anyio.sleep(0.01)  # both wait
            now.set()
    except* ValueError as failures:
        raised.extend(failures.exceptions)
    witness.saw(f"the group raised {raised!r}")
    return "all at once" if len(raised) > 1 else "only the first"
