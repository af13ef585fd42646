"""Nothing at all, awaited: what calling a coroutine costs before it does anything."""

from runner.work import Params, Probe


async def run(params: Params, probe: Probe) -> int:
    return 0
