"""Four threads increment a variable, with nothing to wait for in between."""

from threading import Barrier, Thread

from runner.witness import Witness

TASKS, UPDATES = 4, 3_000_000


def probe(witness: Witness) -> str:
    value = 0
    all_ready = Barrier(TASKS)

    def work() -> None:
        nonlocal value
        all_ready.wait()
        for _ in range(UPDATES):
            value += 1

    threads = [Thread(target=work) for _ in range(TASKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    witness.saw(f"the value: {value:,} of {TASKS * UPDATES:,}")
    return "none lost" if value == TASKS * UPDATES else "updates lost"
