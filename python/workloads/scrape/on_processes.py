"""Jobs for a warm ProcessPoolExecutor; each process has a urllib3 client."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import urllib3

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.scrape.crawl import Links, crawl
from workloads.scrape.lxml_links import find_links

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])
client: urllib3.HTTPConnectionPool  # of this process
all_started: Barrier


def start(port: int, barrier: Barrier) -> None:
    global client, all_started
    client, all_started = urllib3.HTTPConnectionPool("127.0.0.1", port), barrier


def wait_for_others() -> None:
    all_started.wait()


def visit(path: str) -> Links:
    response = client.request("GET", path)
    return find_links(response.data) if response.status == HTTPStatus.OK else None


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ProcessPoolExecutor]:
    """Start every process: a pool starts another one only if none is idle."""
    barrier = processes.Barrier(params.workers)
    with ProcessPoolExecutor(params.workers, processes, start, (params.port, barrier)) as pool:
        for job in [pool.submit(wait_for_others) for _ in range(params.workers)]:
            job.result()
        yield pool


def run(params: Params, probe: Probe, pool: ProcessPoolExecutor) -> int:
    return crawl(partial(pool.submit, visit), probe)
