"""One greenlet per page, with urllib3 on gevent's sockets; a semaphore limits how many fetch."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import urllib3
from gevent import monkey
from gevent.lock import BoundedSemaphore
from gevent.pool import Group

from runner.work import Params, Probe
from workloads.scrape.lxml_links import ROOT, find_links

monkey.patch_socket()  # urllib3 looks up `socket.socket` when it connects


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[urllib3.HTTPConnectionPool]:
    with urllib3.HTTPConnectionPool("127.0.0.1", params.port, maxsize=params.workers) as client:
        yield client


def run(params: Params, probe: Probe, client: urllib3.HTTPConnectionPool) -> int:
    limit = BoundedSemaphore(params.workers)
    seen = {ROOT}
    links = failed = 0
    group = Group()

    def visit(path: str) -> None:
        nonlocal links, failed
        with limit:
            response = client.request("GET", path)
        if response.status != HTTPStatus.OK:
            failed += 1
            return
        found = find_links(response.data)
        links += len(found)
        for link in found:
            if link not in seen:
                seen.add(link)
                group.spawn(visit, link)

    group.spawn(visit, ROOT)
    group.join(raise_error=True)
    probe.observe("failed", failed)
    return links
