"""A TaskGroup waits for two tasks that both fail."""

from contextlib import suppress

from runner import scratch
from runner.witness import Witness


async def probe(witness: Witness) -> str:
    raised: list[BaseException] = []
    now: scratch.Channel[str] = scratch.Channel()

    async def failing(name: str) -> None:
        with suppress(scratch.ChannelClosedError):
            await now.receive()
        raise ValueError(name)

    try:
        async with scratch.TaskGroup() as group:
            group.spawn(failing("first"))
            group.spawn(failing("second"))
            await scratch.checkpoint()  # both wait
            now.close()
    except* ValueError as failures:
        raised.extend(failures.exceptions)
    witness.saw(f"the group raised {raised!r}")
    return "all at once" if len(raised) > 1 else "only the first"
