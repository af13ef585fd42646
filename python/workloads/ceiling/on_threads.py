"""Threads that wait for an event."""

from threading import Event, Lock, Semaphore, Thread

from runner.work import Params, Probe
from workloads.ceiling.budget import Budget
from workloads.ceiling.system_limits import allowed_threads


def run(params: Params, probe: Probe) -> int:
    event, arrived, lock = Event(), Semaphore(0), Lock()
    threads: list[Thread] = []
    waiting = ended = 0

    def wait() -> None:
        nonlocal waiting, ended
        with lock:
            waiting += 1
        arrived.release()
        event.wait()
        with lock:
            waiting -= 1
            ended += 1

    budget = Budget(params, probe, allowed_threads())
    try:
        while (target := budget.grow(waiting)) > len(threads):
            before = len(threads)
            while len(threads) < target and not budget.is_over():
                thread = Thread(target=wait)
                try:
                    thread.start()
                except RuntimeError:  # the system allows no more
                    budget.refuse(len(threads))
                    break
                threads.append(thread)
            for _ in threads[before:]:
                arrived.acquire()
    finally:
        event.set()
    for thread in threads:
        thread.join()
    return len(threads) - ended
