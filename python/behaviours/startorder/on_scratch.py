"""Tasks note their numbers when they start."""

from runner import scratch
from runner.witness import Witness

TASKS, BATCHES = 8, 20


async def probe(witness: Witness) -> str:
    orders: list[tuple[int, ...]] = []

    async def work(number: int, order: list[int]) -> None:
        order.append(number)
        await scratch.checkpoint()

    for _ in range(BATCHES):
        order: list[int] = []
        async with scratch.TaskGroup() as group:
            for number in range(TASKS):
                group.spawn(work(number, order))
        orders.append(tuple(order))
    witness.saw(f"{len(set(orders))} order(s), the first: {orders[0]}")
    if set(orders) == {(*range(TASKS),)}:
        return "in order"
    return "last first" if set(orders) == {(TASKS - 1, *range(TASKS - 1))} else "any order"
