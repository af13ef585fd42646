"""Cancel a task before its first step."""

from runner import scratch
from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        ran.append("first line")
        await scratch.sleep(0.01)
        ran.append("last line")

    scratch.spawn(work()).cancel()
    await scratch.sleep(0.05)
    witness.saw(f"ran: {', '.join(ran) or 'nothing'}")
    return "starts" if ran else "never starts"
