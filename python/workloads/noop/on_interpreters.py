"""No work: a plain call that starts no interpreter."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
