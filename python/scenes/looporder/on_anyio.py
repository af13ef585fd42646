"""While one task blocks the loop, another becomes ready, a timer due and a socket readable."""

import socket
import time

import anyio
import anyio.lowlevel

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    done = 0
    wait_s = params.wait_ns / 1e9
    ours, theirs = socket.socketpair()
    go = anyio.Event()

    async def ready() -> None:
        nonlocal done
        await go.wait()
        done += 1

    async def timer() -> None:
        nonlocal done
        await anyio.sleep(wait_s)
        done += 1

    async def readable() -> None:
        nonlocal done
        await anyio.wait_readable(ours)
        done += 1

    async def block() -> None:
        for _ in range(3):  # the others wait by then; the order in which they start may be random
            await anyio.lowlevel.checkpoint()
        theirs.send(b"!")
        time.sleep(2 * wait_s)  # noqa: ASYNC251 - the timer is to be due
        go.set()

    with ours, theirs:
        async with anyio.create_task_group() as group:
            for task in (timer, readable, ready, block):
                group.start_soon(task)
    return done
