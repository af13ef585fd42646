"""While one task blocks the loop, another becomes ready, a timer due and a socket readable."""

import socket
import time

import trio

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    done = 0
    wait_s = params.wait_ns / 1e9
    ours, theirs = socket.socketpair()
    go = trio.Event()

    async def ready() -> None:
        nonlocal done
        await go.wait()
        done += 1

    async def timer() -> None:
        nonlocal done
        await trio.sleep(wait_s)
        done += 1

    async def readable() -> None:
        nonlocal done
        await trio.lowlevel.wait_readable(ours)
        done += 1

    async def block() -> None:
        for _ in range(3):  # the others wait by then; the order in which they start is random
            await trio.lowlevel.checkpoint()
        theirs.send(b"!")
        time.sleep(2 * wait_s)  # noqa: ASYNC251 - the timer is to be due
        go.set()

    with ours, theirs:
        async with trio.open_nursery() as nursery:
            for task in (timer, readable, ready, block):
                nursery.start_soon(task)
    return done
