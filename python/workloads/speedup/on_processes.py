"""One process per part, each with a pipe to this one."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

from runner.models import START_METHOD
from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


def work(pipe: Connection) -> None:
    """Do the part that each message names until None arrives."""
    while (passes := pipe.recv()) is not None:
        pipe.send((os.getpid(), add_up(make_table(), passes)))


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[list[Connection]]:
    pipes = []
    with ExitStack() as ending:
        for _ in range(params.workers):
            pipe, other_end = processes.Pipe()
            worker = processes.Process(target=work, args=(other_end,))
            worker.start()
            other_end.close()
            ending.callback(worker.join)
            ending.callback(pipe.send, None)
            pipes.append(pipe)
        yield pipes


def run(params: Params, probe: Probe, pipes: list[Connection]) -> int:
    for pipe, passes in zip(pipes, split(params.passes, len(pipes)), strict=True):
        pipe.send(passes)
    done = [pipe.recv() for pipe in pipes]
    probe.observe_least("workers_seen", len({worker for worker, _ in done}))
    return sum(total for _, total in done)
