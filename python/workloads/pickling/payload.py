"""The payload, its check on either side, and a pool of one process to send it to."""

from __future__ import annotations

from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, NamedTuple
from zlib import adler32

from runner.models import START_METHOD
from runner.proof import Place, current_place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import ProcessPoolExecutor

    from runner.work import Params, Probe

_LARGE_BYTES = 30 * 2**20  # more than any buffer of a trip; glibc adapts to at most 32 MiB


def warm_allocator() -> Place:
    """Free a large block, so that malloc keeps the memory of every buffer that follows.

    Until then it returns large buffers to the system and has them filled with zeros again, or not,
    as the layout of the heap happens to be: trips took 1 to 4 times as long, process by process.
    """
    bytes(_LARGE_BYTES)
    return current_place()


def check(data: bytes | memoryview, checksum: int) -> int:
    """Touch every byte; return how many bytes are right: all or none."""
    return len(data) if adler32(data) == checksum else 0


def send_back(data: bytes, checksum: int) -> tuple[bytes, int, Place]:
    """On the other side: return the bytes, how many are right, and where this ran."""
    return data, check(data, checksum), current_place()


class Payload(NamedTuple):
    """Bytes without a pattern, and what identifies them."""

    data: bytes
    checksum: int

    def settle(self, returned: tuple[bytes, int, Place], probe: Probe) -> int:
        """Check what has come back; return how many bytes were right, there and here."""
        data, right, place = returned
        probe.observe_least("away", int(place != current_place()))
        return right + check(data, self.checksum)


def make(params: Params) -> Payload:
    warm_allocator()
    data = Random(params.bytes).randbytes(params.bytes)  # the same in every run
    return Payload(data, adler32(data))


@contextmanager
def process_pool(params: Params) -> Iterator[ProcessPoolExecutor | None]:
    """Yield a pool of one process that has done a job; None if the case needs no process."""
    if params.text("to") != "process":
        yield None
        return
    # Imported here because only some cases use a process.
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    processes = get_context(START_METHOD)
    processes.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(1, processes) as pool:
        pool.submit(warm_allocator).result()
        yield pool
