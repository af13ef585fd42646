"""Two tasks that park themselves and reschedule each other, the least that trio needs."""

import trio
from trio.lowlevel import Abort, RaiseCancelT, Task, current_task, reschedule, wait_task_rescheduled

from runner.work import Params, Probe
from workloads.pingpong.turns import Turns


class Slot:
    """Room for one value; the receiver parks until it is there."""

    def __init__(self) -> None:
        self.receiver: Task | None = None
        self.value: int | None = None

    def put(self, value: int) -> None:
        self.value = value
        if self.receiver is not None:
            reschedule(self.receiver)
            self.receiver = None

    async def get(self) -> int:
        if self.value is None:
            self.receiver = current_task()
            await wait_task_rescheduled(self.abort)
        value, self.value = self.value, None
        assert value is not None
        return value

    def abort(self, _: RaiseCancelT) -> Abort:
        self.receiver = None
        return Abort.SUCCEEDED


async def run(params: Params, probe: Probe) -> int:
    pings, pongs = Slot(), Slot()
    turns = Turns()
    value = 0

    async def ping() -> None:
        nonlocal value
        me = current_task()
        for _ in range(params.rounds):
            turns.last = me
            pings.put(value)
            value = await pongs.get() + 1
            turns.switches += turns.last is not me

    async def pong() -> None:
        me = current_task()
        for _ in range(params.rounds):
            answer = await pings.get() + 1
            turns.last = me
            pongs.put(answer)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ping)
        nursery.start_soon(pong)
    probe.observe_least("switches", turns.switches)
    return value
