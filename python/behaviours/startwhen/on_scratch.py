"""Look whether a new task has run: after its start, and after a computation."""

import time

from runner import scratch
from runner.witness import Witness

WORK_S = 0.05


async def probe(witness: Witness) -> str:
    began: list[str] = []

    async def work() -> None:
        began.append("began")

    task = scratch.spawn(work())
    at_once, until = bool(began), time.monotonic() + WORK_S
    while time.monotonic() < until:
        pass
    meanwhile = bool(began)
    await task
    witness.saw(f"began when it was started: {at_once}; after the computation: {meanwhile}")
    return "at once" if at_once else "meanwhile" if meanwhile else "at the next wait"
