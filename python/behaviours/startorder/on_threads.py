"""Threads note their numbers when they start."""

from threading import Thread

from runner.witness import Witness

TASKS, BATCHES = 8, 20


def probe(witness: Witness) -> str:
    orders: list[tuple[int, ...]] = []
    for _ in range(BATCHES):
        order: list[int] = []
        threads = [Thread(target=order.append, args=(number,)) for number in range(TASKS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        orders.append(tuple(order))
    witness.saw(f"{len(set(orders))} order(s), the first: {orders[0]}")
    if set(orders) == {(*range(TASKS),)}:
        return "in order"
    return "last first" if set(orders) == {(TASKS - 1, *range(TASKS - 1))} else "any order"
