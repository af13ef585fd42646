"""Measures the contestants of a block in turns: all are alive, and each round samples every one.

A slow phase of the machine then meets all contestants of a round alike, and the ratio inside the
round cancels it. A contestant that waits for its turn is blocked in a read and uses no CPU.
"""

from __future__ import annotations

import os
import queue
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
from msgspec import structs

from harness.measuring.live_contestant import LiveContestant, Stop, await_first
from harness.measuring.machine.interference import RoundWatch
from harness.measuring.machine.limits import count_open_files, raise_open_files
from harness.measuring.servers.load_protocol import expect_turns
from harness.measuring.trial_record import MOST_ATTEMPTS
from harness.statistics.rounds import FEWEST_LONG_ROUNDS, fit_rounds, time_round_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.measuring.plan import Assignment
    from harness.measuring.trials import TrialRunner
    from harness.results.records import Trial
    from harness.statistics.rounds import RoundLimits

_SHAPES = ("rate", "makespan", "latency")
_LONG_ROUND_S = 2.0  # if a round takes longer, one is enough; else a slow phase may not decide
_FILES_EACH = 16  # open files of this process for a contestant and the load on it, at most
_MANY_FILES = 4_096
_FEWEST_ALIVE = 2  # one contestant and the baseline, however large they are
_SMALLEST_PART = 4  # contestants beside the baseline, which takes a turn in each part


def takes_turns(runner: TrialRunner, assignment: Assignment) -> bool:
    """Return whether a contestant can be sampled in turns."""
    case = assignment.case
    if case.workload.why_alone(case.id) is not None:
        return False
    if assignment.is_served:
        return not (case.workload.drains or case.case.ladder)
    return (
        case.workload.shape in _SHAPES and runner.runner_of(assignment.cell.contestant).takes_turns
    )


def run_turns(
    runner: TrialRunner,
    assignments: Sequence[tuple[int, Assignment]],
    block: int,
    rounds: RoundLimits,
    on_tick: Callable[[], None] = lambda: None,
) -> list[Trial] | None:
    """Measure contestants, each with its position in the block. None if interrupted.

    Contestants that do not fit into memory together are measured in groups. The baseline takes part
    in every group. If this process or the machine stood still meanwhile, all is measured again.
    """
    expected = _expect_rounds([assignment for _, assignment in assignments], rounds)
    for _ in range(MOST_ATTEMPTS):
        speakers: queue.SimpleQueue[LiveContestant] = queue.SimpleQueue()
        turns = _Turns(
            [
                LiveContestant.of(runner, assignment, block, position, expected, speakers)
                for position, assignment in assignments
            ],
            expected,
            rounds,
            random.Random(f"{runner.seed} {block} turns"),
            _Room(runner.memory_bytes),
            Stop(runner.interrupted, on_tick),
            RoundWatch(),
            _find_processors(),
        )
        try:
            turns.take_all()
        finally:
            turns.end(turns.contestants)
        if turns.stop.is_asked:
            return None
        if not runner.has_stood_still(contestant.attempt for contestant in turns.contestants):
            break
    return [turns.judge(contestant) for contestant in turns.contestants]


@dataclass
class _Turns:
    """The turns of one block."""

    contestants: Sequence[LiveContestant]
    expected_rounds: int  # at least so many, even if they take longer than a block should
    limits: RoundLimits
    rng: random.Random
    room: _Room
    stop: Stop
    watch: RoundWatch
    processors: Sequence[int]  # that this process may use; empty if the system does not say

    def take_all(self) -> None:
        """Start contestants and let them take their turns, in groups that fit into memory."""
        base = next((one for one in self.contestants if one.is_baseline), self.contestants[0])
        waiting = [base, *(one for one in self.contestants if one is not base)]
        rounds = 0
        while waiting and not self.stop.is_asked:
            group = self._start(waiting, _FEWEST_ALIVE - (waiting[0] is not base))
            del waiting[: len(group)]
            parts = self._split([contestant for contestant in group if contestant is not base])
            for part in parts:
                for contestant in part:
                    contestant.attempt.first_round = rounds
                rounds += self._take_rounds([base, *part], self.limits.time_s / len(parts))
            if waiting:
                self.end([contestant for contestant in group if contestant is not base])

    def end(self, contestants: Iterable[LiveContestant]) -> None:
        """End the processes of contestants, all at once."""
        living = [contestant for contestant in contestants if not contestant.has_ended]
        for contestant in living:
            contestant.end_turns()
        for contestant in living:
            contestant.await_end(self.stop)

    def judge(self, contestant: LiveContestant) -> Trial:
        """Judge an ended contestant, and note which of its rounds were disturbed."""
        trial = contestant.judge()
        rounds = (number - trial.first_round for number in self.watch.disturbed)
        return structs.replace(
            trial, disturbed_rounds=tuple(own for own in rounds if 0 <= own < trial.rounds)
        )

    def _start(self, waiting: Sequence[LiveContestant], fewest: int) -> list[LiveContestant]:
        """Start contestants while there is room; return those that were started.

        One more starts at once than there are cores, unless the start itself is timed: each waits
        for a while, for a timer or a load generator. With many more, warm-ups would start their
        tasks too late, and the trial would be unsettled. Of those with cores of their own, such as
        servers, every other one starts on spare cores.
        """
        is_timed = waiting[0].attempt.assignment.case.workload.starts_alone
        at_once = 1 if is_timed else 1 + (os.cpu_count() or 1)
        started: list[LiveContestant] = []
        starting: list[LiveContestant] = []
        for contestant in waiting:
            if len(starting) == at_once:
                await_first(starting, self.stop)
            if self.stop.is_asked or (len(started) >= fewest and not self.room.is_left(at_once)):
                break
            aside = sum(other.attempt.starts_aside for other in starting)
            contestant.attempt.starts_aside = len(starting) > 2 * aside
            contestant.start()
            started.append(contestant)
            starting.append(contestant)
        while starting:
            await_first(starting, self.stop)
        return started

    def _split(self, contestants: Sequence[LiveContestant]) -> list[list[LiveContestant]]:
        """Split contestants at random into about as many parts as wanted, or fewer.

        Those of one model, its variants and other runtimes, stay together: they are compared most.
        Where a turn is long, parts are few: the baseline takes a turn in each.
        """
        models: dict[str, list[LiveContestant]] = {}
        for contestant in contestants:
            models.setdefault(contestant.attempt.assignment.cell.model, []).append(contestant)
        together = list(models.values())
        if self.limits.parts > 1:
            self.rng.shuffle(together)
        size = max(_SMALLEST_PART, len(contestants) / self.limits.parts)
        parts: list[list[LiveContestant]] = [[]]
        for one in together:
            if len(parts[-1]) >= size:
                parts.append([])
            parts[-1] += one
        return parts

    def _take_rounds(self, contestants: Sequence[LiveContestant], time_s: float) -> int:
        """Take rounds, as many as fit into this time; return how many.

        Unless a round is very long, there are three: one round in a slow phase would else be the
        whole block. The baseline takes part in all, contestants with very long turns in fewer.
        """
        self._take_round(contestants)
        turns_s = [contestant.turn_s for contestant in contestants]
        least = self.expected_rounds
        if time_round_s(turns_s) <= _LONG_ROUND_S:
            least = max(least, min(FEWEST_LONG_ROUNDS, self.limits.most))
        most = self.limits.most
        shares = fit_rounds(turns_s, time_s, least, most, self.expected_rounds)
        rounds = max(shares)
        for number in range(1, rounds):
            self._take_round(
                [
                    contestant
                    for contestant, share in zip(contestants, shares, strict=True)
                    if number < share or contestant.is_baseline
                ]
            )
        return rounds

    def _take_round(self, contestants: Sequence[LiveContestant]) -> None:
        """Let every contestant take one sample, in new random order.

        All begin on the same processor: processors can differ in speed, for example if one shares
        its core with another guest.
        """
        processor = self.rng.choice(self.processors) if self.processors else None
        order = [contestant for contestant in contestants if contestant.is_alive]
        self.rng.shuffle(order)
        self.watch.begin()
        for contestant in order:
            if self.stop.is_asked:
                return
            contestant.take_turn(self.stop, processor)
        self.watch.end()


def _expect_rounds(assignments: Sequence[Assignment], limits: RoundLimits) -> int:
    """Return how many rounds servers have at least: each has a share of their fixed rate."""
    if not assignments[0].is_served:
        return 1
    time_ns = int(limits.time_s * 1e9)
    return expect_turns(assignments[0].case, len(assignments), time_ns, limits.most)


def _find_processors() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class _Room:
    """The memory and the open files that contestants may use while they wait for their turns."""

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._free_before = self._free_now = _free_bytes()
        self._largest_step = 0
        self._files = raise_open_files(_MANY_FILES)

    def is_left(self, starting: int) -> bool:
        """Return whether another contestant fits, while so many others are still starting."""
        free = _free_bytes()
        self._largest_step = max(self._largest_step, self._free_now - free)
        self._free_now = free
        used = self._free_before - free
        has_memory = used + starting * self._largest_step <= self._budget_bytes
        return has_memory and self._files - count_open_files() >= (starting + 1) * _FILES_EACH


def _free_bytes() -> int:
    return int(psutil.virtual_memory().available)
