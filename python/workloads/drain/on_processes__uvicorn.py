"""uvicorn in pre-forked workers, which handle SIGTERM themselves; the parent forwards it."""

import asyncio
from functools import partial
from multiprocessing.connection import Connection

from runner.work import Params, Probe
from workloads.drain import terminated_workers
from workloads.http import on_processes__uvicorn as http
from workloads.http import prefork
from workloads.http.asgi_response import Scope, Send, response

prefork.processes.set_forkserver_preload([__name__])


def run_worker(wait_s: float, port: int, ready: Connection) -> None:
    async def application(scope: Scope, receive: object, send: Send) -> None:
        await asyncio.sleep(wait_s)
        for message in response(scope):
            await send(message)

    http.run_worker(port, ready, application)


def run(params: Params, probe: Probe) -> int:
    terminated_workers.serve(partial(run_worker, params.wait_ns / 1e9), probe)
    return 0
