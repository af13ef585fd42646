"""How much CPU time contestants use that wait for their turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.measuring.live_contestant import LiveContestant, Stop

_TRIES = 4  # on a busy machine, the last one to become ready needs a while to park
_SHARE = 1 / 50


def used_beside(
    active: LiveContestant,
    parked: Sequence[LiveContestant],
    cpu_ns: Callable[[LiveContestant], int],
    stop: Stop,
    turns: int,
) -> tuple[list[int], float]:
    """Let one take turns; return the CPU time of the others, and how much they may use, in ns."""
    used, most = list[int](), 0.0
    for _ in range(_TRIES):
        before, busy_before = [cpu_ns(one) for one in parked], cpu_ns(active)
        for _ in range(turns):
            active.take_turn(stop)
        used = [cpu_ns(one) - ns for one, ns in zip(parked, before, strict=True)]
        most = _SHARE * (cpu_ns(active) - busy_before)
        if max(used) < most:
            break
    return used, most
