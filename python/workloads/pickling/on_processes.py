"""To a process of a ProcessPoolExecutor, pickled through a pipe, and back."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.pickling import payload as payloads
from workloads.pickling.payload import Payload, make, send_back, warm_allocator

processes = get_context(START_METHOD)
processes.set_forkserver_preload([payloads.__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Payload, ProcessPoolExecutor]]:
    with ProcessPoolExecutor(1, processes) as pool:
        pool.submit(warm_allocator).result()
        yield make(params), pool


def run(params: Params, probe: Probe, prepared: tuple[Payload, ProcessPoolExecutor]) -> int:
    payload, pool = prepared
    return payload.settle(pool.submit(send_back, *payload).result(), probe)
