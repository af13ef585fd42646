"""Greenlets note their numbers when they start."""

import gevent

from runner.witness import Witness

TASKS, BATCHES = 8, 20


def probe(witness: Witness) -> str:
    orders: list[tuple[int, ...]] = []

    def work(number: int, order: list[int]) -> None:
        order.append(number)
        gevent.sleep(0)

    for _ in range(BATCHES):
        order: list[int] = []
        gevent.joinall([gevent.spawn(work, number, order) for number in range(TASKS)])
        orders.append(tuple(order))
    witness.saw(f"{len(set(orders))} order(s), the first: {orders[0]}")
    if set(orders) == {(*range(TASKS),)}:
        return "in order"
    return "last first" if set(orders) == {(TASKS - 1, *range(TASKS - 1))} else "any order"
