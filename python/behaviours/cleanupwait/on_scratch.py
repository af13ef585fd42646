"""Wait in the cleanup of a cancelled task."""

from runner import scratch
from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        try:
            await scratch.sleep(1)
        finally:
            ran.append("cleanup begins")
            await scratch.sleep(0.02)
            ran.append("cleanup ends")

    task = scratch.spawn(work())
    await scratch.sleep(0.01)
    task.cancel()
    await scratch.sleep(0.1)
    witness.saw(f"ran: {', '.join(ran)}")
    return "waits" if "cleanup ends" in ran else "cut short"
