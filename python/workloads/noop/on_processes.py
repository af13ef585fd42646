"""Nothing at all: a plain call, and no process is started."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
