"""A Runner with a new loop, and one task in a task group. Imports only what asyncio needs."""

import asyncio


def new_loop(kind: str) -> asyncio.AbstractEventLoop:
    if kind == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    loop = asyncio.new_event_loop()
    if kind == "eager":
        # mypy checks for 3.11, which has no eager tasks.
        loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
    return loop


def start_and_stop(kind: str) -> bool:
    ran = False

    async def main() -> None:
        parent = asyncio.current_task()

        async def task() -> None:
            nonlocal ran
            ran = asyncio.current_task() is not parent

        async with asyncio.TaskGroup() as group:
            group.create_task(task())

    with asyncio.Runner(loop_factory=lambda: new_loop(kind)) as runner:
        runner.run(main())
    return ran
