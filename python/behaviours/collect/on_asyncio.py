"""gather with return_exceptions, and the second of three tasks fails."""

import asyncio

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def work(name: str, wait_s: float) -> str:
        await asyncio.sleep(wait_s)
        if name == "second":
            raise ValueError(name)
        return name

    tasks = work("first", 0.03), work("second", 0.01), work("third", 0.02)
    try:
        results = await asyncio.gather(*tasks, return_exceptions=True)
    except ValueError as failure:
        witness.saw(f"gather raised {failure!r}")
        return "raised"
    witness.saw(f"gather returned {results!r}")
    in_order = [str(result) for result in results] == ["first", "second", "third"]
    return "results in order" if in_order else "other order"
