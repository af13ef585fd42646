"""What the tests of the event loop share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from runner import scratch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

ENDS = ("cancelled", "cleans up")


class FakeTime:
    """A clock that stands still but for the loop's own pauses."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


async def cleanly(log: list[str], name: str, wait: Any) -> None:
    """Wait, and log how that ended."""
    log.append(f"{name} starts")
    try:
        await wait
    except scratch.Cancelled:
        log.append(f"{name} cancelled")
        raise
    finally:
        log.append(f"{name} cleans up")


async def settle(turns: int = 3) -> None:
    for _ in range(turns):
        await scratch.checkpoint()


async def fail(error: BaseException) -> None:
    raise error


def waits(pair: tuple[socket.socket, socket.socket]) -> dict[str, Callable[[], Any]]:
    """Name each place where a task can wait without end, and how it gets there."""

    async def end_of_group() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(scratch.sleep(math.inf))

    def unwritable() -> Any:
        one, _ = pair
        while True:
            try:
                one.send(b"x" * 65_536)
            except BlockingIOError:
                return scratch.writable(one)

    return {
        "sleep": lambda: scratch.sleep(math.inf),
        "send": lambda: scratch.Channel[int]().send(1),
        "receive": lambda: scratch.Channel[int]().receive(),
        "join": lambda: scratch.spawn(scratch.sleep(math.inf)).join(),
        "end of group": end_of_group,
        "readable": lambda: scratch.readable(pair[0]),
        "writable": unwritable,
        "checkpoint": scratch.checkpoint,
    }
