"""The plain implementation of asyncio on several loops; a handler in the main thread."""

import signal
from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager
from functools import partial
from queue import SimpleQueue

from runner.work import Params, Probe
from workloads.drain.on_asyncio import Server
from workloads.http import on_loops as http


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return http.prepare(params, probe)


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    # A signal handler may use a SimpleQueue; an Event could wait for the lock that it interrupts.
    terminated = SimpleQueue[None]()
    previous = signal.signal(signal.SIGTERM, lambda *_: terminated.put(None))
    try:
        with http.serving(loops, partial(Server, params.wait_ns / 1e9)) as port:
            probe.listening(port)
            terminated.get()
    finally:
        signal.signal(signal.SIGTERM, previous)
    return 0
