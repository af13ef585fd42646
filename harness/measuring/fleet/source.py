"""The blocks that a fleet has to measure. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.measuring.plan import Block
    from harness.results.records import Cell

MOST_TRIES = 3  # of a block, before it is named as missing


@dataclass
class Waiting:
    """A block that some hosts could not do."""

    block: Block
    failures: list[str] = field(default_factory=list)  # why, and on which host
    hosts: set[str] = field(default_factory=set)


class Source:
    """The blocks to measure: those that failed elsewhere, then new ones."""

    def __init__(
        self,
        blocks: Iterator[Block],
        is_done: Callable[[int, Cell], bool],
        tell: Callable[[str], None],
        give_up: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Take in blocks. `give_up` is called with the index of each that nobody could do."""
        self._blocks, self._is_done, self._tell = blocks, is_done, tell
        self._give_up = give_up
        self._again: deque[Waiting] = deque()
        self._given: dict[int, Waiting] = {}
        self._lost: list[Waiting] = []
        self._is_exhausted = False

    @property
    def is_empty(self) -> bool:
        """Whether no block is left that somebody could do."""
        return self._is_exhausted and not self._again

    @property
    def missing(self) -> list[Waiting]:
        """The blocks that nobody could do."""
        return [*self._lost, *self._again]

    def next_for(self, host: str, hosts: set[str]) -> Block | None:
        """Return a block for a host: first one that failed, unless an untried host is there."""
        for one in list(self._again):
            if host not in one.hosts or hosts <= one.hosts:
                self._again.remove(one)
                self._given[one.block.index] = one
                return one.block
        for block in self._blocks:
            done = [self._is_done(block.index, one.cell) for one in block.assignments]
            if any(done):  # its other trials would run on another host
                self._tell(f"block {block.index} was stored in part; the rest of it is left out")
                continue
            return block
        self._is_exhausted = True
        return None

    def give_back(self, block: Block, host: str, reason: str) -> None:
        """Take back a block that a host could not do."""
        one = self._given.setdefault(block.index, Waiting(block))
        one.failures.append(f"{host}: {reason}")
        one.hosts.add(host)
        if len(one.failures) < MOST_TRIES:
            self._again.append(one)
        else:
            self._lost.append(one)
            self._give_up(block.index)
