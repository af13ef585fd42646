"""One job per page for a warm pool with a process for each; each has a urllib3 client."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import urllib3

from runner.models import START_METHOD
from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])
client: urllib3.HTTPConnectionPool  # of this process
all_started: Barrier


def start(port: int, barrier: Barrier) -> None:
    global client, all_started
    client, all_started = urllib3.HTTPConnectionPool("127.0.0.1", port), barrier


def wait_for_others() -> None:
    all_started.wait()


def fetch(page: int) -> int:
    return len(client.request("GET", f"/{page}").data)


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start every process: a pool starts another one only if none is idle."""
    barrier = processes.Barrier(params.pages)
    with ProcessPoolExecutor(params.pages, processes, start, (params.port, barrier)) as pool:
        for job in [pool.submit(wait_for_others) for _ in range(params.pages)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    return sum(pool.map(fetch, range(params.pages)))
