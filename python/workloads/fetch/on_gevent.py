"""One greenlet per page, with urllib3 on gevent's sockets."""

from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import urllib3
from gevent import monkey

from runner.work import Params, Probe

monkey.patch_socket()  # urllib3 looks up `socket.socket` when it connects


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[urllib3.HTTPConnectionPool]:
    with urllib3.HTTPConnectionPool("127.0.0.1", params.port, maxsize=params.pages) as client:
        yield client


def run(params: Params, probe: Probe, client: urllib3.HTTPConnectionPool) -> int:
    def fetch(page: int) -> int:
        return len(client.request("GET", f"/{page}").data)

    greenlets = [gevent.spawn(fetch, page) for page in range(params.pages)]
    gevent.joinall(greenlets, raise_error=True)
    return sum(greenlet.value for greenlet in greenlets)
