"""Cancel a task that waits in a try block."""

from runner import scratch
from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await scratch.sleep(0.1)
            ran.append("the rest of the work")
        finally:
            ran.append("cleanup")

    task = scratch.spawn(work())
    await scratch.sleep(0.01)
    task.cancel()
    await scratch.sleep(0.2)
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}; the task is {task.state}")
    if "the rest of the work" in ran:
        return "not cancelled"
    return "runs" if ran else "skipped"
