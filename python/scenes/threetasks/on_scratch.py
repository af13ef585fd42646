"""Tasks A, B and C in a task group."""

from runner import scratch
from runner.work import Params, Probe
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    done = 0

    async def step() -> None:
        nonlocal done
        for _ in range(params.steps):
            compute(params.loops)
            done += 1
            await scratch.sleep(params.wait_ns / 1e9)

    async with scratch.TaskGroup() as group:
        for name in ("A", "B", "C"):
            coroutine = step()
            coroutine.__qualname__ = name
            group.spawn(coroutine)
    return done
