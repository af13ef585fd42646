"""uvicorn in worker processes, which handle SIGTERM themselves; the parent forwards it."""

import asyncio
import signal
from functools import partial
from multiprocessing.connection import Connection

from runner.work import Params, Probe
from workloads.http import on_processes as http
from workloads.http.asgi_response import Scope, Send, response

http.processes.set_forkserver_preload([__name__])


def run_worker(wait_s: float, port: int, ready: Connection) -> None:
    async def application(scope: Scope, receive: object, send: Send) -> None:
        await asyncio.sleep(wait_s)
        for message in response(scope):
            await send(message)

    http.run_worker(port, ready, application)


def run(params: Params, probe: Probe) -> int:
    with http.bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        workers = http.start_workers(partial(run_worker, params.wait_ns / 1e9), port)

        def forward(*_: object) -> None:
            for worker in workers:
                worker.terminate()

        previous = signal.signal(signal.SIGTERM, forward)
        try:
            probe.listening(port)
            for worker in workers:
                worker.join()
        finally:
            signal.signal(signal.SIGTERM, previous)
    return 0
