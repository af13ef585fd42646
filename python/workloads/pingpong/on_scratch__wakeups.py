"""Two tasks that wake each other from a wait queue, the least that the loop needs."""

from runner import scratch
from runner.scratch import wait_in
from runner.scratch.wait_queues import FifoQueue
from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


class Slot:
    """Room for one value; the receiver waits in a queue of one."""

    def __init__(self) -> None:
        self.receivers = FifoQueue("for a value")
        self.value: int | None = None

    def put(self, value: int) -> None:
        if self.receivers.tasks:
            self.receivers.wake(value)
        else:
            self.value = value

    async def get(self) -> int:
        value, self.value = self.value, None
        return int(await wait_in(self.receivers)) if value is None else value


async def run(params: Params, probe: Probe) -> int:
    pings, pongs = Slot(), Slot()
    turns = Turns()
    value = 0

    async def ping() -> None:
        nonlocal value
        me = scratch.current_task()
        for _ in range(params.rounds):
            turns.last = me
            pings.put(value)
            value = await pongs.get() + 1
            turns.switches += turns.last is not me

    async def pong() -> None:
        me = scratch.current_task()
        for _ in range(params.rounds):
            answer = await pings.get() + 1
            turns.last = me
            pongs.put(answer)

    async with scratch.TaskGroup() as group:
        group.spawn(ping())
        group.spawn(pong())
    probe.observe_least("switches", turns.switches)
    return value
