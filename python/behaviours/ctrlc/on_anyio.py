"""Interrupt a loop while a task waits."""

import os
import signal

import anyio

from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def work() -> None:
        try:
            await anyio.sleep(0.2)
            witness.conclude("runs on")
        finally:
            witness.saw("the cleanup of the task runs")

    async def waiting() -> None:
        try:
            await work()
        except anyio.get_cancelled_exc_class():
            witness.conclude("cleanup runs")
            raise

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(waiting)
            await anyio.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    witness.conclude("no cleanup")
    try:
        witness.boot(main)
    except* KeyboardInterrupt:
        witness.saw("KeyboardInterrupt left the loop")
