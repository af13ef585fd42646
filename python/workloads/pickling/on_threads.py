"""To a thread of a ThreadPoolExecutor, which is handed a reference: nothing is copied."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from runner.proof import current_place
from runner.work import Params, Probe
from workloads.pickling.payload import Payload, make, send_back


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Payload, ThreadPoolExecutor]]:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(current_place).result()
        yield make(params), pool


def run(params: Params, probe: Probe, prepared: tuple[Payload, ThreadPoolExecutor]) -> int:
    payload, pool = prepared
    return payload.settle(pool.submit(send_back, *payload).result(), probe)
