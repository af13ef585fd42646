"""Call a coroutine function, and throw the coroutine away."""

import gc
import warnings

from runner.witness import Witness


async def probe(witness: Witness) -> str:
    async def work() -> None:
        """Nothing to do."""

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        work()
        gc.collect()
    found = [str(warning.message) for warning in caught]
    witness.saw(f"warnings: {found}")
    return "warned" if found else "silent"
