"""While one task blocks the loop, another becomes ready, a timer due and a socket readable."""

import socket
import time

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    done = 0
    wait_s = params.wait_ns / 1e9
    ours, theirs = socket.socketpair()
    go: scratch.Channel[None] = scratch.Channel()

    async def ready() -> None:
        nonlocal done
        await go.receive()
        done += 1

    async def timer() -> None:
        nonlocal done
        await scratch.sleep(wait_s)
        done += 1

    async def readable() -> None:
        nonlocal done
        await scratch.wait_readable(ours)
        done += 1

    async def block() -> None:
        theirs.send(b"!")
        time.sleep(2 * wait_s)  # noqa: ASYNC251 - the timer is to be due
        await go.send(None)

    with ours, theirs:
        async with scratch.TaskGroup() as group:
            for task in (timer, readable, ready, block):
                group.spawn(task())
    return done
