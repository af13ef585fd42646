"""A trace with what is known about its recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from harness.traces.lanes import Trace


class Cost(NamedTuple):
    """What tracing costs: medians over processes that alternate, traced against untraced."""

    wall_ratio: float
    cpu_ratio: float


@dataclass(frozen=True)
class Recorded:
    """One model's trace."""

    model: str
    trace: Trace
    cpu_ns: int  # of all threads and processes of the program
    sees: str  # what this recording can and cannot see
    cost: Cost
