"""No work: a plain call that returns at once."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
