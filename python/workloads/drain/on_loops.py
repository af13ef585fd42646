"""The plain implementation of asyncio on several loops; a socket reports signals."""

from asyncio import AbstractEventLoop
from contextlib import AbstractContextManager
from functools import partial

from runner.work import Params, Probe
from workloads.drain import sigterm
from workloads.drain.on_asyncio import Server
from workloads.http import on_loops as http


def prepare(params: Params, probe: Probe) -> AbstractContextManager[list[AbstractEventLoop]]:
    return http.prepare(params, probe)


def run(params: Params, probe: Probe, loops: list[AbstractEventLoop]) -> int:
    with (
        sigterm.signal_socket() as signals,
        http.serving(loops, partial(Server, params.wait_ns / 1e9)) as port,
    ):
        probe.listening(port)
        sigterm.wait(signals)
    return 0
