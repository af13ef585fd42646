"""One part after the other, in one thread."""

from runner.work import Params, Probe
from workloads.speedup.parts import add_up, make_table, split


def run(params: Params, probe: Probe) -> int:
    shared = make_table() if params.text("state") == "shared" else None
    probe.observe("workers_seen", 1)
    return sum(
        add_up(shared or make_table(), passes) for passes in split(params.passes, params.workers)
    )
