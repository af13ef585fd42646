"""What the processes of the producer and of the stages do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ctypes import c_longlong
    from multiprocessing.connection import Connection
    from multiprocessing.queues import Queue


def produce(calls: Connection, output: Queue[int | None], received: c_longlong) -> None:
    """For each message, send as many values; answer with how many have been received by then."""
    while items := calls.recv():
        for value in range(items):
            output.put(value)
        calls.send(received.value)
    output.put(None)


def pass_on(source: Queue[int | None], output: Queue[int | None]) -> None:
    """Add 1 to each value until None arrives."""
    while (value := source.get()) is not None:
        output.put(value + 1)
    output.put(None)
