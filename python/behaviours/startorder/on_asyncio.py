"""Tasks note their numbers when they start."""

import asyncio

from runner.witness import Witness

TASKS, BATCHES = 8, 20


async def probe(witness: Witness) -> str:
    orders: list[tuple[int, ...]] = []

    async def work(number: int, order: list[int]) -> None:
        order.append(number)
        await asyncio.sleep(0)

    for _ in range(BATCHES):
        order: list[int] = []
        async with asyncio.TaskGroup() as group:
            for number in range(TASKS):
                group.create_task(work(number, order))
        orders.append(tuple(order))
    witness.saw(f"{len(set(orders))} order(s), the first: {orders[0]}")
    if set(orders) == {(*range(TASKS),)}:
        return "in order"
    return "last first" if set(orders) == {(TASKS - 1, *range(TASKS - 1))} else "any order"
