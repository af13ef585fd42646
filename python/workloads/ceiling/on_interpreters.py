"""Interpreters that wait for a pipe to be closed, each with a thread."""

import os
from concurrent import interpreters

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget
from workloads.ceiling.system_limits import allowed_threads


def wait(closed: int, arrived: interpreters.Queue, ended: interpreters.Queue) -> None:
    arrived.put(None)
    os.read(closed, 1)
    ended.put(None)


def run(params: Params, probe: Probe) -> int:
    arrived, ended = interpreters.create_queue(), interpreters.create_queue()
    closed, open_end = os.pipe()
    children, threads = [], []
    budget = Budget(params, probe, allowed_threads())
    try:
        while (target := budget.grow(len(threads))) > len(threads):
            before = len(threads)
            while len(threads) < target and not budget.is_over():
                try:
                    children.append(interpreters.create())
                    threads.append(children[-1].call_in_thread(wait, closed, arrived, ended))
                except (interpreters.InterpreterError, RuntimeError):  # no more are allowed
                    budget.refuse(len(threads))
                    break
            for _ in threads[before:]:
                arrived.get()
    finally:
        os.close(open_end)
    for thread in threads:
        thread.join()
    os.close(closed)
    for child in children:
        child.close()
    return len(threads) - ended.qsize()
