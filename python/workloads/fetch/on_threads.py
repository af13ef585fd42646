"""One thread per page, with urllib3, whose pool of connections the threads share."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import urllib3

from runner.work import Params, Probe


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[urllib3.HTTPConnectionPool]:
    with urllib3.HTTPConnectionPool("127.0.0.1", params.port, maxsize=params.pages) as client:
        yield client


def run(params: Params, probe: Probe, client: urllib3.HTTPConnectionPool) -> int:
    sizes: list[int] = []  # append() is atomic, so no lock is needed

    def fetch(page: int) -> None:
        sizes.append(len(client.request("GET", f"/{page}").data))

    threads = [Thread(target=fetch, args=(page,)) for page in range(params.pages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(sizes)
