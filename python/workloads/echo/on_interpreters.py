"""Interpreters that share a port; the kernel gives each connection to one of them.

Each serves its connections with a selector, like the processes of the model `processes`.
"""

import os
from collections.abc import Iterator
from concurrent import interpreters
from contextlib import contextmanager
from socket import socket, socketpair

from runner import open_files
from runner.interpreter_pool import crew
from runner.work import Params, Probe
from workloads.echo.on_processes import BACKLOG, Worker, bind


def run_worker(port: int, parent: int, ready: interpreters.Queue) -> None:
    """Serve until the other end of the socket `parent`, a descriptor, is closed."""
    listener = bind(port)
    listener.listen(BACKLOG)
    listener.settimeout(0)
    worker = Worker(listener, socket(fileno=parent))
    ready.put(None)
    worker.serve()


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[int]:
    open_files.raise_limit(params.connections)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    ready = interpreters.create_queue()
    # This socket reserves the port. It does not listen, so it gets no connections.
    with bind(0) as reserved, crew(__name__, max(2, cores or 1)) as workers:
        port = reserved.getsockname()[1]
        ends, threads = [], []
        for worker in workers:
            ours, theirs = socketpair()
            ends.append(ours)
            threads.append(worker.call_in_thread(run_worker, port, theirs.detach(), ready))
        for _ in workers:
            ready.get()
        try:
            yield port
        finally:
            for end in ends:
                end.close()
            for thread in threads:
                thread.join()


def run(params: Params, probe: Probe, port: int) -> int:
    probe.listening(port)
    probe.wait_until_stopped()
    return 0
