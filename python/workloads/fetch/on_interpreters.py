"""One job per page for a warm pool with an interpreter for each; each has a urllib3 client."""

from concurrent.futures import Executor
from contextlib import AbstractContextManager
from functools import cache, partial

import urllib3

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe


@cache
def client(port: int) -> urllib3.HTTPConnectionPool:
    """Return the client of this interpreter."""
    return urllib3.HTTPConnectionPool("127.0.0.1", port)


def fetch(port: int, page: int) -> int:
    return len(client(port).request("GET", f"/{page}").data)


def prepare(params: Params, probe: Probe) -> AbstractContextManager[Executor]:
    return warm_pool(__name__, params.pages)


def run(params: Params, probe: Probe, pool: Executor) -> int:
    return sum(pool.map(partial(fetch, params.port), range(params.pages)))
