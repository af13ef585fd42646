"""Threads that are joined."""

from threading import Thread, get_ident

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    ran: list[int] = []  # append() is atomic, so no lock is needed

    def task() -> None:
        ran.append(get_ident())

    threads = [Thread(target=task) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(ran) - ran.count(get_ident())
