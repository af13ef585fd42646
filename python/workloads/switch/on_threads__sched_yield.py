"""Threads that ask the kernel to run another one, which lets go of the GIL."""

import os
from threading import Barrier, Thread, get_ident

from runner.work import Params, Probe
from workloads.switch.turns import MOST_YIELDS, Turns


def run(params: Params, probe: Probe) -> int:
    turns, wanted = Turns(), params.switches
    all_started = Barrier(params.tasks)
    ran: list[int] = []  # append() is atomic, so no lock is needed

    def take_turns() -> None:
        me = get_ident()
        ran.append(me)
        all_started.wait()
        for _ in range(MOST_YIELDS):
            if turns.switches >= wanted:
                return
            turns.switches += turns.last != me
            turns.last = me
            os.sched_yield()

    threads = [Thread(target=take_turns) for _ in range(params.tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    probe.observe_least("ran", len(ran))
    # Without a GIL, others take steps between a thread's look at the count and its own step.
    return min(turns.switches, wanted)
