"""Call a coroutine function, and look whether its first line has run."""

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    ran: list[str] = []

    async def work() -> None:
        ran.append("first line")

    coroutine = work()
    witness.saw(f"after the call: {ran}")
    word = "runs at once" if ran else "nothing"
    await coroutine
    witness.saw(f"after await: {ran}")
    return word
