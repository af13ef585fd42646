"""Jobs for a warm ThreadPoolExecutor, with urllib3, whose pool of connections they share."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from threading import Barrier

import urllib3

from runner.work import Params, Probe
from workloads.scrape.crawl import Links, Submit, crawl
from workloads.scrape.lxml_links import find_links


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Submit]:
    """Start every thread: a pool starts another one only if none is idle."""
    client = urllib3.HTTPConnectionPool("127.0.0.1", params.port, maxsize=params.workers)

    def visit(path: str) -> Links:
        response = client.request("GET", path)
        return find_links(response.data) if response.status == HTTPStatus.OK else None

    with client, ThreadPoolExecutor(params.workers) as pool:
        all_started = Barrier(params.workers)
        for job in [pool.submit(all_started.wait) for _ in range(params.workers)]:
            job.result()
        yield partial(pool.submit, visit)


def run(params: Params, probe: Probe, submit: Submit) -> int:
    return crawl(submit, probe)
