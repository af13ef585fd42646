"""One page after the other, with urllib3."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import urllib3

from runner.work import Params, Probe
from workloads.scrape.lxml_links import ROOT, find_links


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[urllib3.HTTPConnectionPool]:
    with urllib3.HTTPConnectionPool("127.0.0.1", params.port) as client:
        yield client


def run(params: Params, probe: Probe, client: urllib3.HTTPConnectionPool) -> int:
    seen, waiting = {ROOT}, deque([ROOT])
    links = failed = 0
    while waiting:
        response = client.request("GET", waiting.popleft())
        if response.status != HTTPStatus.OK:
            failed += 1
            continue
        found = find_links(response.data)
        links += len(found)
        for link in found:
            if link not in seen:
                seen.add(link)
                waiting.append(link)
    probe.observe("failed", failed)
    return links
