"""Tasks in a task group."""

from runner import scratch
from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    ran = 0
    parent = scratch.current_task()

    async def task() -> None:
        nonlocal ran
        ran += scratch.current_task() is not parent

    async with scratch.TaskGroup() as group:
        for _ in range(params.tasks):
            group.spawn(task())
    return ran
