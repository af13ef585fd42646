"""A fleet that is made up: hosts answer at times of a clock of its own, and fail as they are told.

No process is started and nothing waits, so a run of thousands of blocks takes seconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from msgspec import structs

from harness.measuring.fleet import messages
from harness.measuring.fleet.cluster import Answer
from harness.measuring.plan import Block
from harness.results.records import Cell, Host, Machine, Sample, Status, Trial
from tests.support import factories


def host(name: str = "alpha", cpu: str = "a cpu", **builds: str) -> Host:
    machine = Machine(name, "Linux 6.1", cpu, 2, 2**33)
    return Host(name, machine, factories.RUNNERS, {"python": "3.11", **builds})


@dataclass
class MadeUpHost:
    """A worker: what it is, how long a block takes there, and the effect it has on ratios."""

    about: Host
    block_s: float = 1.0
    effect: float = 0.0  # of its machine, on the logarithm of every ratio
    missing: tuple[str, ...] = ()  # models
    boot: str = ""
    garbles: bool = False  # its answers cannot be read
    failure: str = ""  # why it does no block
    hangs: bool = False  # it never answers


class Event:
    """Something that happens to a fleet at a time."""


@dataclass
class SimulatedCluster:
    """Workers by address. `clock` is seconds; it moves while somebody waits for answers."""

    hosts: dict[str, MadeUpHost]
    now: float = 0.0
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    most_at_once: int = 0  # orders that one worker had
    forgotten: list[int] = field(default_factory=list)
    measured: list[tuple[str, int]] = field(default_factory=list)  # (worker, block), as begun
    noise: float = 0.01

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(1)
        self._due: list[tuple[float, int]] = []
        self._orders: dict[int, tuple[str, bytes]] = {}
        self._next = 0

    def clock(self) -> float:
        return self.now

    def workers(self) -> list[str]:
        return list(self.hosts)

    def ask(self, worker: str, order: bytes) -> int:
        self._next += 1
        self._orders[self._next] = worker, order
        held = sum(one == worker for one, _ in self._orders.values())
        self.most_at_once = max(self.most_at_once, held)
        asked = messages.decode_order(order)
        one = self.hosts.get(worker)
        if one is not None and not one.hangs:
            seconds = one.block_s if isinstance(asked, messages.MeasureBlock) else 0.01
            heapq.heappush(self._due, (self.now + seconds, self._next))
        if isinstance(asked, messages.MeasureBlock):
            self.measured.append((worker, asked.index))
        return self._next

    def forget(self, ticket: int) -> None:
        self._orders.pop(ticket, None)
        self.forgotten.append(ticket)

    def await_answers(self, seconds: float) -> list[Answer]:
        until = self.now + seconds
        if self._due:
            until = min(until, max(self.now, self._due[0][0]))
        self.now = until
        for event in [one for one in self.events if one[0] <= self.now]:
            self.events.remove(event)
            event[1]()
        answers = []
        while self._due and self._due[0][0] <= self.now:
            _, ticket = heapq.heappop(self._due)
            worker, order = self._orders.pop(ticket, ("", b""))
            if worker in self.hosts:  # else it died with its order
                answers.append(self._answer(ticket, self.hosts[worker], order))
        return answers

    def kill(self, worker: str) -> None:
        self.hosts.pop(worker, None)

    def _answer(self, ticket: int, one: MadeUpHost, order: bytes) -> Answer:
        asked = messages.decode_order(order)
        if isinstance(asked, messages.Describe):
            described = messages.Described(one.about, one.boot or one.about.id)
            return Answer(ticket, [messages.encode(described)])
        assert isinstance(asked, messages.MeasureBlock)
        if one.failure:
            return Answer(ticket, [], one.failure)
        lines = [
            messages.encode(messages.Measured(self._trial(one, asked, position, place.cell)))
            for position, place in enumerate(asked.places)
        ]
        return Answer(ticket, [b"{oops"] if one.garbles else lines)

    def _trial(
        self, one: MadeUpHost, asked: messages.MeasureBlock, position: int, cell: Cell
    ) -> Trial:
        if cell.model in one.missing:
            message = "unavailable on this host: no Go found"
            return factories.trial(
                cell, asked.index, 0, Status.UNSUPPORTED, samples=(), message=message
            )
        effect = 0.0 if cell.model == "asyncio" else one.effect
        elapsed = 60e6 * np.exp(effect + self._random.normal(0, self.noise))
        return factories.trial(
            cell, asked.index, position=position, samples=(Sample(round(elapsed), 10),)
        )


class Told:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.blocks: list[int] = []

    def told(self, text: str) -> None:
        self.texts.append(text)

    def starting(self, block: Block, position: int) -> None: ...
    def waiting(self) -> None: ...
    def ended(self, trial: Trial) -> None: ...

    def block_ended(self, block: Block) -> None:
        self.blocks.append(block.index)


def named(names: Iterable[str], **more: object) -> dict[str, MadeUpHost]:
    """Return equal hosts of these names, each the only worker of its machine."""
    return {
        f"tcp://{name}": MadeUpHost(structs.replace(host(name)), **more)  # type: ignore[arg-type]
        for name in names
    }
