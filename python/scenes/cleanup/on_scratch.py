"""Tasks A, B and C in a task group, which is cancelled."""

from runner import scratch
from runner.work import Params, Probe
from scenes.cleanup.work import HOUR_S
from scenes.threetasks.work import compute


async def run(params: Params, probe: Probe) -> int:
    cleaned = 0

    async def wait() -> None:
        nonlocal cleaned
        try:
            await scratch.sleep(HOUR_S)
        finally:
            compute(params.loops)
            cleaned += 1

    async with scratch.TaskGroup() as group:
        for name in ("A", "B", "C"):
            coroutine = wait()
            coroutine.__qualname__ = name
            group.spawn(coroutine)
        await scratch.sleep(params.wait_ns / 1e9)
        group.cancel()
    return cleaned
