"""To an interpreter of an InterpreterPoolExecutor, pickled or copied, and back."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from runner.interpreter_pool import warm_pool
from runner.work import Params, Probe
from workloads.pickling import payload as payloads
from workloads.pickling.payload import Payload, make, send_back, warm_allocator


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[Payload, Executor]]:
    with warm_pool(payloads.__name__, 1) as pool:
        pool.submit(warm_allocator).result()
        yield make(params), pool


def run(params: Params, probe: Probe, prepared: tuple[Payload, Executor]) -> int:
    payload, pool = prepared
    return payload.settle(pool.submit(send_back, *payload).result(), probe)
