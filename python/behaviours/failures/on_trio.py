"""A nursery waits for two tasks that both fail."""

import trio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    raised: list[BaseException] = []
    now = trio.Event()

    async def failing(name: str) -> None:
        await now.wait()
        raise ValueError(name)

    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(failing, "first")
            nursery.start_soon(failing, "second")
            await trio.sleep(0.01)  # both wait
            now.set()
    except* ValueError as failures:
        raised.extend(failures.exceptions)
    witness.saw(f"the nursery raised {raised!r}")
    return "all at once" if len(raised) > 1 else "only the first"
