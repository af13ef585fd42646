"""One job per chunk for the thread pool of gevent's hub: the hub can run, but the GIL is shared."""

import gevent

from runner.work import Params, Probe


def sum_squares(low: int, high: int) -> int:
    return sum(i * i for i in range(low, high))


def run(params: Params, probe: Probe) -> int:
    n, chunks = params.n, params.chunks
    threads = gevent.get_hub().threadpool
    jobs = [
        threads.spawn(sum_squares, c * n // chunks, (c + 1) * n // chunks) for c in range(chunks)
    ]
    return sum(job.get() for job in jobs)
