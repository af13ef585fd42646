"""One job per page for a warm ThreadPoolExecutor; each thread has a requests.Session."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Barrier, local

import requests

from runner.work import Params, Probe

own = local()  # of each thread: a session is not safe to share


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[ThreadPoolExecutor]:
    """Start every thread: a pool starts another one only if none is idle."""
    with ExitStack() as sessions:

        def create_session() -> None:
            own.session = sessions.enter_context(requests.Session())

        with ThreadPoolExecutor(params.pages, initializer=create_session) as pool:
            all_started = Barrier(params.pages)
            for job in [pool.submit(all_started.wait) for _ in range(params.pages)]:
                job.result()
            yield pool


def run(params: Params, probe: Probe, pool: ThreadPoolExecutor) -> int:
    url = f"http://127.0.0.1:{params.port}"

    def fetch(page: int) -> int:
        return len(own.session.get(f"{url}/{page}").content)

    return sum(pool.map(fetch, range(params.pages)))
