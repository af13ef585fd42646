"""Hands blocks to hosts, one at a time to each, and takes back what they measured.

A block is stored when its host has answered. Half a block of a host that died is thrown away and
the block is done elsewhere from the start: contestants of one block must run on one machine.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from harness import units
from harness.errors import Exit, Problem
from harness.measuring.blocks import Ended
from harness.measuring.fleet import messages
from harness.measuring.fleet.messages import (
    BlockCell,
    Described,
    Failed,
    Found,
    MeasureBlock,
    Measured,
    Told,
)
from harness.measuring.fleet.roster import Roster
from harness.measuring.fleet.source import Source
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.measuring.fleet.cluster import Answer, Cluster
    from harness.measuring.fleet.messages import Reply, Settings
    from harness.measuring.plan import Block
    from harness.measuring.processes.running_time import Budget
    from harness.measuring.trials import Observer
    from harness.results.records import Cell, Host, Trial

MOST_FAILURES = 3  # of a host in a row, before it gets no more blocks
_POLL_S = 0.25
_LOOK_S = 1.0  # between two looks for new hosts
_WAIT_FOR_HOSTS_S = 60.0  # if none is left
_DESCRIBE_S = 900.0  # Go may have to be built
_SLOW = 5  # times as long as the longest block of the case so far
_LEAST_SLOW_S = 60.0
_BACKOFF_S = 60.0  # until a worker that failed is asked again; twice as long if it still fails


@dataclass
class _Task:
    """What a worker does now: a block, or describing itself."""

    worker: str
    began_s: float
    block: Block | None = None


@dataclass
class _Backoff:
    """A worker that gets nothing to do for a while: its disk may be full only now."""

    until_s: float
    times: int
    reason: str


class Fleet:
    """The hosts of a run."""

    def __init__(
        self,
        cluster: Cluster,
        settings: Settings,
        tell: Callable[[str], None],
        known: Iterable[Host] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take in a cluster. `known` are the hosts of a run that is resumed."""
        self._cluster = cluster
        self.settings = settings
        self.tell = tell
        self._clock = clock
        self.roster = Roster(known, beside=settings.beside)
        self.on_host: Callable[[Host], None] = lambda _: None  # called with each new host
        self.on_lost: Callable[[int], None] = lambda _: None  # with each block nobody could do
        self._tasks: dict[int, _Task] = {}
        self._failures: dict[str, int] = {}  # host -> in a row
        self._backoffs: dict[str, _Backoff] = {}  # worker ->
        self._longest_s: dict[tuple[str, str], float] = {}
        self._looked_s = float("-inf")

    def assemble(self, interrupted: Callable[[], bool]) -> None:
        """Describe all workers that are there. Raises Problem if none can measure."""
        self._look_for_hosts()
        while self._tasks and not interrupted():
            self._take_answers(None)
            self._give_up_slow()
        if not self.roster.usable:
            reasons = "; ".join(self.roster.refused.values())
            raise Problem(
                f"no host can measure: {reasons or 'the scheduler has no worker that measures'}",
                Exit.INTERRUPTED if interrupted() else Exit.NOT_POSSIBLE,
            )

    def diagnose(self, interrupted: Callable[[], bool]) -> dict[str, list[Diagnosis]]:
        """Return what disturbs measuring on each host, by its id."""
        order = messages.encode(messages.Diagnose())
        asked = {
            self._cluster.ask(worker, order): host for worker, host in self.roster.usable.items()
        }
        found: dict[str, list[Diagnosis]] = {}
        while asked and not interrupted():
            for answer in self._cluster.await_answers(_POLL_S):
                replies, failure = _read(answer)
                found[asked.pop(answer.ticket)] = [
                    Diagnosis(one.name, one.value, one.advice)
                    for one in replies
                    if isinstance(one, Found)
                ] or [Diagnosis("diagnosis", "unknown", failure)]
        return found

    def run(
        self,
        blocks: Iterable[Block],
        is_done: Callable[[int, Cell], bool],
        budget: Budget,
        store: Callable[[Trial], str],
        observer: Observer,
        interrupted: Callable[[], bool],
    ) -> Ended:
        """Have blocks measured until the budget is spent. Returns why it ended."""
        source = Source(iter(blocks), is_done, self.tell, self.on_lost)
        sink = _Sink(store, observer)
        ended: Ended | None = None
        alone_since: float | None = None  # since when no host is there
        while True:
            if interrupted():
                self._forget_all()
                return Ended.INTERRUPTED
            if budget.is_spent:
                ended = Ended.BUDGET_SPENT
            self._look_for_hosts()
            if ended is None:
                self._hand_out(source, observer)
            is_idle = not any(task.block for task in self._tasks.values())
            if is_idle and (ended or source.is_empty):
                self._forget_all()
                self._tell_missing(source)
                return Ended.BLOCKS_MISSING if source.missing else ended or Ended.PRECISE
            if self.roster.usable or self._tasks:
                alone_since = None
            elif alone_since is None:
                alone_since = self._clock()
                self.tell(f"{Ended.NO_HOST.text}; waiting {self._patience_s:.0f} s for one")
            elif not self._backoffs and self._clock() - alone_since > _WAIT_FOR_HOSTS_S:
                self._tell_missing(source)
                return Ended.NO_HOST
            self._take_answers((source, sink))
            self._give_up_slow(source)
            observer.waiting()

    @property
    def _patience_s(self) -> float:
        """How long to wait if no host is there: until a worker that backs off is asked again."""
        again_s = min((one.until_s for one in self._backoffs.values()), default=0.0)
        return max(_WAIT_FOR_HOSTS_S, again_s + _LOOK_S - self._clock())

    def _look_for_hosts(self) -> None:
        """Notice workers that have come or gone; a new one describes itself first."""
        now = self._clock()
        if now - self._looked_s < _LOOK_S:
            return
        self._looked_s = now
        workers = set(self._cluster.workers())
        for worker in self.roster.find_gone(workers):
            host = self.roster.remove(worker)
            self._backoffs.pop(worker, None)
            if host:
                self.tell(f"host {host} is gone")
                for one in self._backoffs.values():  # another worker on its machine may follow it
                    one.until_s = now
        for worker in self.roster.refused.keys() & self._backoffs.keys():
            if self._backoffs[worker].until_s <= now:
                self.roster.remove(worker)
        for worker in self.roster.find_new(workers):
            self.roster.expect(worker)
            order = messages.encode(messages.Describe(self.settings))
            self._tasks[self._cluster.ask(worker, order)] = _Task(worker, now)

    def _hand_out(self, source: Source, observer: Observer) -> None:
        """Give each idle host a block."""
        busy = {task.worker for task in self._tasks.values()}
        for worker, host in self.roster.usable.items():
            if worker in busy:
                continue
            block = source.next_for(host, set(self.roster.usable.values()))
            if block is None:
                continue
            observer.starting(block, 0)
            ticket = self._cluster.ask(worker, messages.encode(self._order(block)))
            self._tasks[ticket] = _Task(worker, self._clock(), block)

    def _order(self, block: Block) -> MeasureBlock:
        places = tuple(BlockCell(one.cell, bool(one.looks)) for one in block.assignments)
        return MeasureBlock(
            self.settings, block.index, block.workload, block.case, block.rounds, places
        )

    def _take_answers(self, ends: tuple[Source, _Sink] | None) -> None:
        for answer in self._cluster.await_answers(_POLL_S):
            task = self._tasks.pop(answer.ticket, None)
            if task is None:
                continue
            replies, failure = _read(answer)
            if task.block is None:
                self._enrol(task.worker, replies, failure)
            elif ends is not None:
                self._take_block(task, task.block, replies, failure, *ends)
        gone = [
            ticket for ticket, task in self._tasks.items() if not self.roster.knows(task.worker)
        ]
        for ticket in gone:
            self._lose(ticket, "it went away", ends[0] if ends else None)

    def _enrol(self, worker: str, replies: list[Reply], failure: str) -> None:
        """Take a host in, or say why not."""
        described = next((one for one in replies if isinstance(one, Described)), None)
        if described is None:
            reason = failure or "it did not describe itself"
            self._back_off(worker, reason, f"worker {worker} cannot measure: {reason}")
            return
        for problem in described.problems:
            self.tell(f"host {described.host.id}: {problem}")
        host, reason = self.roster.enrol(worker, described)
        if host is None:
            refused = self.roster.refused[worker]
            self._back_off(worker, refused, f"worker {worker} is left out: {reason}")
        else:
            self._failures[host.id] = 0
            self.on_host(host)

    def _take_block(
        self,
        task: _Task,
        block: Block,
        replies: list[Reply],
        failure: str,
        source: Source,
        sink: _Sink,
    ) -> None:
        host = self.roster.name(task.worker)
        trials = [one.trial for one in replies if isinstance(one, Measured)]
        lack = {one.cell for one in block.assignments} ^ {trial.cell for trial in trials}
        if failure or lack:
            source.give_back(block, host, failure or "it measured other contestants than asked")
            self._note_failure(task.worker, host, failure)
            return
        self._failures[host] = 0
        self._backoffs.pop(task.worker, None)  # what it failed of is over
        key = block.workload, block.case
        took_s = self._clock() - task.began_s
        self._longest_s[key] = max(took_s, self._longest_s.get(key, 0.0))
        for told in replies:
            if isinstance(told, Told):
                self.tell(f"host {host}: {told.text}")
        sink.take(block, [structs.replace(trial, host=host) for trial in trials])

    def _note_failure(self, worker: str, host: str, failure: str) -> None:
        self._failures[host] = self._failures.get(host, 0) + 1
        if self._failures[host] >= MOST_FAILURES and self.roster.knows(worker):
            self._back_off(
                worker,
                failure,
                f"host {host} failed {MOST_FAILURES} blocks in a row and gets no more for now:"
                f" {failure}",
            )

    def _back_off(self, worker: str, reason: str, text: str) -> None:
        """Give a worker nothing to do for a while, and tell it unless it has been told."""
        before = self._backoffs.get(worker)
        times = before.times + 1 if before else 1
        until_s = self._clock() + _BACKOFF_S * 2 ** (times - 1)
        self._backoffs[worker] = _Backoff(until_s, times, reason)
        self.roster.refuse(worker, reason)
        if before is None or before.reason != reason:
            self.tell(text)

    def _give_up_slow(self, source: Source | None = None) -> None:
        """Take away blocks that last much longer than others of their case."""
        now = self._clock()
        for ticket, task in list(self._tasks.items()):
            block = task.block
            longest_s = self._longest_s.get((block.workload, block.case)) if block else None
            if block is None:
                patience_s = _DESCRIBE_S
            elif longest_s is None:
                patience_s = sum(2 * one.case.sampling.timeout_s for one in block.assignments)
            else:
                patience_s = _LEAST_SLOW_S + _SLOW * longest_s
            if now - task.began_s > patience_s:
                self._lose(ticket, f"no answer for {units.format_clock(patience_s)}", source)

    def _lose(self, ticket: int, reason: str, source: Source | None) -> None:
        """Give up what a worker does; it may be gone."""
        task = self._tasks.pop(ticket)
        self._cluster.forget(ticket)
        if task.block is None:
            if self.roster.knows(task.worker):
                text = f"worker {task.worker} cannot measure: {reason}"
                self._back_off(task.worker, reason, text)
        elif source is not None:
            host = self.roster.name(task.worker)
            self.tell(f"host {host}: {reason}; block {task.block.index} is done elsewhere")
            source.give_back(task.block, host, reason)
            self._note_failure(task.worker, host, reason)

    def _forget_all(self) -> None:
        for ticket in self._tasks:
            self._cluster.forget(ticket)
        self._tasks.clear()

    def _tell_missing(self, source: Source) -> None:
        """Tell which blocks nobody could do."""
        for one in source.missing:
            block = one.block
            self.tell(
                f"block {block.index} ({block.workload} {block.case}) is missing:"
                f" {'; '.join(one.failures) or 'no host was left'}"
            )


class _Sink:
    """Stores the trials of a block."""

    def __init__(self, store: Callable[[Trial], str], observer: Observer) -> None:
        self._store, self._observer = store, observer

    def take(self, block: Block, trials: Iterable[Trial]) -> None:
        for trial in trials:
            remark = self._store(trial)
            self._observer.ended(trial)
            if remark:
                self._observer.told(remark)
        self._observer.block_ended(block)


def _read(answer: Answer) -> tuple[list[Reply], str]:
    """Return the replies of a host and why it failed, if it did. A host may send anything."""
    try:
        replies = [messages.decode_reply(line) for line in answer.lines]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return [], f"its answer cannot be read: {error}"
    failed = next((one.reason for one in replies if isinstance(one, Failed)), "")
    return replies, answer.failure or failed
