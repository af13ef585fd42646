"""The plain implementation of asyncio in pre-forked workers, one per processor."""

import asyncio
import signal
from multiprocessing.connection import Connection

from runner.work import Params, Probe
from workloads.http import prefork
from workloads.http.on_asyncio import Server

prefork.processes.set_forkserver_preload([__name__])


async def serve(port: int, ready: Connection) -> None:
    terminated = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminated.set)
    await Server().run(ready.send, terminated.wait, port)


def run_worker(port: int, ready: Connection) -> None:
    asyncio.run(serve(port, ready))


def run(params: Params, probe: Probe) -> int:
    with prefork.workers(run_worker) as (port, workers):
        probe.listening(port)
        probe.wait_until_stopped()
        prefork.terminate(workers)
    return 0
