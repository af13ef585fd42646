"""The thread pool of gevent's hub, and a process behind it.

gevent has no process pool, so it uses the one of the standard library: a thread of the hub's pool
waits for the job and does nothing else.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

import gevent

from runner.work import Params, Probe
from workloads.pickling.payload import Payload, make, process_pool, send_back

Prepared = tuple[Payload, Executor | None]


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    with process_pool(params) as pool:
        yield make(params), pool


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    payload, pool = prepared
    threads = gevent.get_hub().threadpool
    if pool is None:
        returned = threads.apply(send_back, tuple(payload))
    else:
        returned = threads.apply(pool.submit(send_back, *payload).result)
    return payload.settle(returned, probe)
