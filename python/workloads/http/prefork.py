"""Worker processes, each with a listening socket of its own on the same port (SO_REUSEPORT)."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from runner.models import START_METHOD
from workloads.http.shared_port import bind, count_workers

processes = get_context(START_METHOD)

RunWorker = Callable[[int, Connection], None]  # port, and where to send it once it is listened on


def start_worker(run_worker: RunWorker, port: int) -> BaseProcess:
    """Start a worker; return when it is listening."""
    receiver, sender = processes.Pipe(duplex=False)
    worker = processes.Process(target=run_worker, args=(port, sender), daemon=True)
    worker.start()
    sender.close()
    receiver.recv()
    receiver.close()
    return worker


@contextmanager
def workers(run_worker: RunWorker) -> Iterator[tuple[int, list[BaseProcess]]]:
    """Yield the port and the workers, one per processor; at the end, wait until all have ended."""
    with bind() as reserved:  # it does not listen, so it gets no connections
        port = reserved.getsockname()[1]
        started = [start_worker(run_worker, port) for _ in range(count_workers())]
        yield port, started
        join(started)


def terminate(workers: Iterable[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()


def join(workers: Iterable[BaseProcess]) -> None:
    for worker in workers:
        worker.join()
