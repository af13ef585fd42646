"""Tasks that sleep for an hour and are cancelled; each has an entry in the heap of timers."""

from runner import scratch
from runner.work import Params, Probe

STEPS = 4
HOUR_S = 3_600


async def run(params: Params, probe: Probe) -> int:
    started = ended = 0

    async def wait() -> None:
        nonlocal ended
        try:
            await scratch.sleep(HOUR_S)
        except scratch.Cancelled:
            ended += 1
            raise

    async with scratch.TaskGroup() as group:
        for step in range(1, STEPS + 1):
            while started < step * params.tasks // STEPS:
                group.spawn(wait())
                started += 1
            await scratch.checkpoint()  # lets every new task run until it sleeps
            probe.parked(started)
        group.cancel()
    return ended
