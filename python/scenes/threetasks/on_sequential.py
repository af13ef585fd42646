"""A, then B, then C: nobody else runs while one of them waits."""

import time

from runner.work import Params, Probe
from scenes.threetasks.work import compute


def run(params: Params, probe: Probe) -> int:
    done = 0
    for _ in ("A", "B", "C"):
        for _ in range(params.steps):
            compute(params.loops)
            done += 1
            time.sleep(params.wait_ns / 1e9)
    return done
