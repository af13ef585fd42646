"""Threads that wait for a condition."""

from threading import Condition, Semaphore, Thread

from runner.work import Params, Probe

STEPS = 4


def run(params: Params, probe: Probe) -> int:
    threads: list[Thread] = []
    condition, arrived = Condition(), Semaphore(0)
    ended = 0

    def wait() -> None:
        nonlocal ended
        with condition:
            arrived.release()
            condition.wait()
            ended += 1

    try:
        for step in range(1, STEPS + 1):
            while len(threads) < step * params.tasks // STEPS:
                threads.append(Thread(target=wait))
                threads[-1].start()
                arrived.acquire()
            # A thread that has arrived holds the lock until it waits, so all of them wait now.
            with condition:
                probe.parked(len(threads))
    finally:
        with condition:
            condition.notify_all()
    for thread in threads:
        thread.join()
    return ended
