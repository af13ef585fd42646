"""Nothing at all: a plain call, and no thread is started."""

from runner.work import Params, Probe


def run(params: Params, probe: Probe) -> int:
    return 0
