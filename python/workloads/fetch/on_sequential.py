"""One page after the other, with urllib3."""

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3

from runner.work import Params, Probe


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[urllib3.HTTPConnectionPool]:
    with urllib3.HTTPConnectionPool("127.0.0.1", params.port) as client:
        yield client


def run(params: Params, probe: Probe, client: urllib3.HTTPConnectionPool) -> int:
    return sum(len(client.request("GET", f"/{page}").data) for page in range(params.pages))
