"""The loop written from scratch, and one task in a task group. Imports only what it needs."""

from runner import scratch


def start_and_stop() -> bool:
    ran = False

    async def main() -> None:
        parent = scratch.current_task()

        async def task() -> None:
            nonlocal ran
            ran = scratch.current_task() is not parent

        async with scratch.TaskGroup() as group:
            group.spawn(task())

    scratch.run(main)
    return ran
