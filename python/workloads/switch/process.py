"""What each of the processes does, on one core with the others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from workloads.switch.turns import MOST_YIELDS

if TYPE_CHECKING:
    from ctypes import Array, c_longlong
    from multiprocessing.connection import Connection

LAST, SWITCHES = 0, 1  # in shared memory: the process that had the last turn, and the count


def take_turns(pipe: Connection, turns: Array[c_longlong]) -> None:
    """For each message, take turns on the core that it names; end when None arrives."""
    me = os.getpid()
    while (message := pipe.recv()) is not None:
        core, switches = message
        os.sched_setaffinity(0, {core})
        for _ in range(MOST_YIELDS):
            if turns[SWITCHES] >= switches:
                break
            turns[SWITCHES] += turns[LAST] != me
            turns[LAST] = me
            os.sched_yield()
        pipe.send(True)
