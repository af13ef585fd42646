"""Decide which contestants a run gives up. Pure: it depends on the trials so far and nothing else.

A resumed run takes in its stored trials again, so it gives up the same ones.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from harness.results.records import Status

if TYPE_CHECKING:
    from harness.catalog.contestant import Contestant
    from harness.results.records import Cell, Trial

    # A contestant in one of its cases; in all of them if the case is empty.
    Scope = tuple[Contestant, str]

FAILURES = 3  # in a row, and in the same way
_OF_THE_MACHINE = Status.UNSETTLED
_OF_THE_SIZE = (Status.TIMEOUT, Status.OUT_OF_MEMORY)  # a smaller case may be possible
_NUMBER = re.compile(r"0x[0-9a-f]+|\d+")


class Retirement:
    """Takes in the trials of a run, and says who still takes part."""

    def __init__(self) -> None:
        self._good: set[Contestant] = set()  # with a trial that was ok
        self._failures: dict[Scope, tuple[str, int]] = {}  # the last way, and how often in a row
        self._last_block: dict[Scope, int] = {}  # of those that are retired

    def takes_part(self, cell: Cell, block: int) -> bool:
        """Return whether a cell is measured in a block."""
        places = (cell.contestant, ""), (cell.contestant, cell.case)
        return all(block <= self._last_block.get(place, math.inf) for place in places)

    def record(self, trial: Trial) -> str:
        """Take in a trial. If it retires its contestant, return a sentence that says so."""
        cell = trial.cell
        everywhere, here = (cell.contestant, ""), (cell.contestant, cell.case)
        if trial.status is Status.OK:
            self._good.add(cell.contestant)
            self._failures.pop(here, None)
        elif trial.status is Status.UNSUPPORTED and trial.host:
            return ""  # other hosts of the fleet may have what it needs
        elif trial.status is not _OF_THE_MACHINE and self.takes_part(cell, trial.block + 1):
            is_whole = cell.contestant not in self._good and trial.status not in _OF_THE_SIZE
            name, case = f"{cell.workload} {cell.contestant.name}", f" its case {cell.case}"
            # Both are counted, whichever of the two it is in the end.
            counts = {place: self._count(place, trial) for place in (here, everywhere)}
            place, what = (everywhere, "") if is_whole else (here, case)
            if counts[place] >= FAILURES:
                self._last_block[place] = trial.block
                left_out = f"leaves out{what}" if what else "goes on without it"
                return (
                    f"{name} failed {FAILURES} times in the same way ({trial.status.label}); the"
                    f" run {left_out}"
                )
        return ""

    def _count(self, place: Scope, trial: Trial) -> int:
        """Count a failure. Ways that differ in numbers only are the same."""
        way = f"{trial.status} {_NUMBER.sub('#', trial.message)}"
        before, count = self._failures.get(place, ("", 0))
        self._failures[place] = way, count + 1 if way == before else 1
        return self._failures[place][1]
