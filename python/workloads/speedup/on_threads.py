"""One thread per part."""

from threading import Thread, current_thread

from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split


def run(params: Params, probe: Probe) -> int:
    shared = make_table() if params.text("state") == "shared" else None
    done: list[tuple[Thread, int]] = []  # append() is atomic, so no lock is needed

    def work(passes: int) -> None:
        done.append((current_thread(), add_up(shared or make_table(), passes)))

    threads = [
        Thread(target=work, args=(passes,)) for passes in split(params.passes, params.workers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("workers_seen", len({thread for thread, _ in done}))
    return sum(total for _, total in done)
