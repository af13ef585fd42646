"""No work: a plain call that switches to no greenlet."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
