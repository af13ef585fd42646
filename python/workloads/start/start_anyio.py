"""anyio.run, and one task in a task group. Imports only what anyio needs."""

import anyio


def start_and_stop(backend: str) -> bool:
    ran = False

    async def main() -> None:
        parent = anyio.get_current_task().id

        async def task() -> None:
            nonlocal ran
            ran = anyio.get_current_task().id != parent

        async with anyio.create_task_group() as group:
            group.start_soon(task)

    anyio.run(main, backend=backend)
    return ran
