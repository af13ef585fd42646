"""Interrupt a loop while a task waits."""

import os
import signal

from runner import scratch
from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def work() -> None:
        try:
            await scratch.sleep(0.2)
            witness.conclude("runs on")
        except scratch.Cancelled:
            witness.saw("the cleanup of the task runs")
            witness.conclude("cleanup runs")
            raise

    async def main() -> None:
        task = scratch.spawn(work())
        await scratch.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        await task

    witness.conclude("no cleanup")
    try:
        witness.boot(main)
    except KeyboardInterrupt:
        witness.saw("KeyboardInterrupt left the loop")
