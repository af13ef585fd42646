"""While one task blocks the loop, another becomes ready, a timer due and a socket readable."""

import asyncio
import socket
import time

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    done = 0
    wait_s = params.wait_ns / 1e9
    ours, theirs = socket.socketpair()
    go, is_readable = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def ready() -> None:
        nonlocal done
        await go.wait()
        done += 1

    async def timer() -> None:
        nonlocal done
        await asyncio.sleep(wait_s)
        done += 1

    async def readable() -> None:
        nonlocal done
        loop.add_reader(ours, is_readable.set)
        await is_readable.wait()
        loop.remove_reader(ours)
        done += 1

    async def block() -> None:
        theirs.send(b"!")
        time.sleep(2 * wait_s)  # noqa: ASYNC251 - the timer is to be due
        go.set()

    with ours, theirs:
        async with asyncio.TaskGroup() as group:
            for task in (timer, readable, ready, block):
                group.create_task(task(), name=task.__name__)
    return done
