"""Processes on one core that ask the kernel to run another one."""

from __future__ import annotations

import ctypes
import os
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

from runner.models import START_METHOD
from runner.work import Unsupported
from workloads.switch.process import SWITCHES, take_turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ctypes import Array, c_longlong
    from multiprocessing.connection import Connection

    from runner.work import Params, Probe

processes = get_context(START_METHOD)
processes.set_forkserver_preload([__name__])


@contextmanager
def prepare(params: Params, probe: Probe) -> Iterator[tuple[list[Connection], Array[c_longlong]]]:
    if not hasattr(os, "sched_setaffinity"):
        raise Unsupported("this system cannot keep processes on one core")
    turns = processes.RawArray("q", 2)
    pipes = []
    with ExitStack() as ending:
        for _ in range(params.tasks):
            pipe, other_end = processes.Pipe()
            child = processes.Process(target=take_turns, args=(other_end, turns))
            child.start()
            other_end.close()
            ending.callback(child.join)
            ending.callback(pipe.send, None)
            pipes.append(pipe)
        yield pipes, turns


def run(params: Params, probe: Probe, shared: tuple[list[Connection], Array[c_longlong]]) -> int:
    pipes, turns = shared
    turns[:] = [0, 0]
    core = ctypes.CDLL(None).sched_getcpu()
    for pipe in pipes:
        pipe.send((core, params.switches))
    probe.observe_least("ran", sum(pipe.recv() for pipe in pipes))
    # The kernel may interrupt a process between its look at the count and its step.
    return min(turns[SWITCHES], params.switches)
