"""Shared by the tests of the event loop."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from runner import scratch

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

CANCELLATION_LOG = ("cancelled", "cleans up")


class FakeTime:
    """A clock that advances only when the loop waits in its selector, where nothing happens."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    def select(self, timeout: float | None) -> list[Any]:
        assert timeout is not None, "nothing would ever end this wait"
        self.waits.append(timeout)
        self.now += timeout
        return []


async def wait_and_log(log: list[str], name: str, wait: Any) -> None:
    """Wait, and log the start, a cancellation and the end."""
    log.append(f"{name} starts")
    try:
        await wait
    except scratch.Cancelled:
        log.append(f"{name} cancelled")
        raise
    finally:
        log.append(f"{name} cleans up")


async def run_iterations(count: int = 3) -> None:
    """Let the loop run some iterations, so that other tasks reach their waits."""
    for _ in range(count):
        await scratch.checkpoint()


async def fail(error: BaseException) -> None:
    raise error


def endless_waits(pair: tuple[socket.socket, socket.socket]) -> dict[str, Callable[[], Any]]:
    """Return a function for each wait that can last for ever, by the name of the wait."""

    async def end_of_group() -> None:
        async with scratch.TaskGroup() as group:
            group.spawn(scratch.sleep(math.inf))

    def full_socket() -> Any:
        sock, _ = pair
        while True:
            try:
                sock.send(b"x" * 65_536)
            except BlockingIOError:
                return scratch.wait_writable(sock)

    return {
        "sleep": lambda: scratch.sleep(math.inf),
        "send": lambda: scratch.Channel[int]().send(1),
        "receive": lambda: scratch.Channel[int]().receive(),
        "join": lambda: scratch.spawn(scratch.sleep(math.inf)).join(),
        "end of group": end_of_group,
        "readable": lambda: scratch.wait_readable(pair[0]),
        "writable": full_socket,
        "checkpoint": scratch.checkpoint,
    }
