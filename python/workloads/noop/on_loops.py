"""No work: a plain call that starts no loop."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
