"""trio.run, and one task in a nursery. Imports only what trio needs."""

import trio


def start_and_stop() -> bool:
    ran = False

    async def main() -> None:
        parent = trio.lowlevel.current_task()

        async def task() -> None:
            nonlocal ran
            ran = trio.lowlevel.current_task() is not parent

        async with trio.open_nursery() as nursery:
            nursery.start_soon(task)

    trio.run(main)
    return ran
