"""A spawned task fails, and the loop ends."""

import contextlib
import io

from runner import scratch
from runner.witness import Witness


async def failing() -> None:
    raise ValueError("nobody waits for this")


def probe(witness: Witness) -> str:
    async def main() -> None:
        scratch.spawn(failing())
        await scratch.sleep(0.01)

    log = io.StringIO()
    with contextlib.redirect_stderr(log):
        witness.boot(main)
    witness.saw(f"standard error: {log.getvalue().strip()}")
    return "logged" if "nobody waits for this" in log.getvalue() else "silent"
