"""To a process through a block of shared memory: copied in and out, not pickled."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory

from runner.models import START_METHOD
from runner.proof import Place, current_place
from runner.work import Params, Probe
from workloads.pickling.payload import Payload, check, make, warm_allocator

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])

Prepared = tuple[Payload, ProcessPoolExecutor, SharedMemory]


class Worker:
    """What a worker keeps between two jobs."""

    block: SharedMemory


def attach(name: str) -> None:
    Worker.block = SharedMemory(name)


def check_there(size: int, checksum: int) -> tuple[int, Place]:
    """On the other side: check the bytes where they are."""
    with Worker.block.buf[:size] as data:
        return check(data, checksum), current_place()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[Prepared]:
    block = SharedMemory(create=True, size=params.bytes)
    try:
        with ProcessPoolExecutor(1, processes, attach, (block.name,)) as pool:
            pool.submit(warm_allocator).result()
            yield make(params), pool, block
    finally:
        block.close()
        block.unlink()


def run(params: Params, probe: Probe, prepared: Prepared) -> int:
    payload, pool, block = prepared
    size = len(payload.data)  # a block may be larger: it consists of whole pages
    block.buf[:size] = payload.data
    right, place = pool.submit(check_there, size, payload.checksum).result()
    return payload.settle((bytes(block.buf[:size]), right, place), probe)
