"""A task fails, and the last reference to it goes away."""

import asyncio
import gc

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    logged: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: logged.append(context["message"]))

    async def failing() -> None:
        raise ValueError("nobody waits for this")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0.01)
    witness.saw(f"logged when the task has failed: {logged}")
    del task
    gc.collect()
    witness.saw(f"logged when the task is collected: {logged}")
    return "logged" if logged else "silent"
