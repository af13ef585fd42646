"""Threads that wait for one condition."""

from threading import Condition, Semaphore, Thread

from runner.work import Params, Probe

STEPS = 4


def run(params: Params, probe: Probe) -> int:
    threads: list[Thread] = []
    told, arrived = Condition(), Semaphore(0)
    ended = 0

    def wait() -> None:
        nonlocal ended
        with told:
            arrived.release()
            told.wait()
            ended += 1

    for step in range(1, STEPS + 1):
        while len(threads) < step * params.tasks // STEPS:
            threads.append(Thread(target=wait))
            threads[-1].start()
            arrived.acquire()
        with told:  # who has arrived gives this up by waiting only, so now all wait
            probe.parked(len(threads))
    with told:
        told.notify_all()
    for thread in threads:
        thread.join()
    return ended
