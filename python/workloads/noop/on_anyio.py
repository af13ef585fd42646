"""No work: an awaited call that returns at once."""

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    return 0
