"""The plain implementation of asyncio in pre-forked workers; the parent forwards SIGTERM."""

import asyncio
from functools import partial
from multiprocessing.connection import Connection

from runner.work import Params, Probe
from workloads.drain import terminated_workers
from workloads.drain.on_asyncio import serve_until_terminated
from workloads.http import prefork

prefork.processes.set_forkserver_preload([__name__])


def run_worker(wait_s: float, port: int, ready: Connection) -> None:
    asyncio.run(serve_until_terminated(wait_s, ready.send, port))


def run(params: Params, probe: Probe) -> int:
    terminated_workers.serve(partial(run_worker, params.wait_ns / 1e9), probe)
    return 0
