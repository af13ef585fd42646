"""The plain implementation of asyncio on several loops, which share the port."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager

from runner.loops import running
from runner.work import Params, Probe
from workloads.http.on_asyncio import Server
from workloads.http.shared_port import bind, count_workers


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return running(count_workers())


@contextmanager
def serving(loops: list[AbstractEventLoop], create_server: Callable[[], Server]) -> Iterator[int]:
    """Yield the port of a server on each loop; at the end, stop them and wait for them."""
    with bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        stopped = [asyncio.Event() for _ in loops]
        servers = []
        for loop, stop in zip(loops, stopped, strict=True):
            listening: Future[int] = Future()
            serving = create_server().run(listening.set_result, stop.wait, port)
            servers.append(asyncio.run_coroutine_threadsafe(serving, loop))
            listening.result()
        yield port
        for loop, stop in zip(loops, stopped, strict=True):
            loop.call_soon_threadsafe(stop.set)
        for server in servers:
            server.result()


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    with serving(loops, Server) as port:
        probe.listening(port)
        probe.wait_until_stopped()
    return 0
