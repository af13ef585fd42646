"""Interrupt a loop while a task waits."""

import os
import signal

import trio

from runner.witness import Witness


def probe(witness: Witness) -> None:
    async def work() -> None:
        try:
            await trio.sleep(0.2)
            witness.conclude("runs on")
        finally:
            witness.saw("the cleanup of the task runs")

    async def waiting() -> None:
        try:
            await work()
        except trio.Cancelled:
            witness.conclude("cleanup runs")
            raise

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(waiting)
            await trio.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    witness.conclude("no cleanup")
    try:
        witness.boot(main)
    except* KeyboardInterrupt:
        witness.saw("KeyboardInterrupt left the loop")
