"""Runs one trial: starts its child, with the load or the site beside it, and has it judged."""

from __future__ import annotations

import contextlib
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import psutil

from harness.measuring.attempt import Attempt
from harness.measuring.machine.essentials import find_lack
from harness.measuring.machine.interference import Interference
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.processes.running_time import describe_standstill
from harness.measuring.runners import protocol
from harness.measuring.servers.cores import split_allowed_cores
from harness.measuring.servers.load_driver import LoadDriver, find_obstacle
from harness.measuring.servers.site import SiteDriver
from harness.measuring.trial_record import MOST_ATTEMPTS, judge_attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.catalog.contestant import Contestant
    from harness.measuring.plan import Assignment, Block
    from harness.measuring.runners.runner import Runner
    from harness.results.records import Trial

_CANNOT_START = 127  # the exit code that shells use
_MAX_PADDING = 4_096  # bytes; one page is enough to move the rest of the stack


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Observer(Protocol):
    """Displays a run while it is measured."""

    def starting(self, block: Block, position: int) -> None:
        """Handle the start of a trial."""

    def waiting(self) -> None:
        """Update the display; called a few times per second while trials run."""

    def ended(self, trial: Trial) -> None:
        """Handle the end of a trial, after it was stored."""

    def block_ended(self, block: Block) -> None:
        """Handle the end of a block: none of its processes is left, and nothing is timed."""

    def told(self, text: str) -> None:
        """Handle a message about the measuring itself."""


@dataclass
class TrialRunner:
    """Runs trials, each in a fresh child process, with a load generator if it is a server."""

    runner_of: Callable[[Contestant], Runner]
    seed: int
    memory_bytes: int = field(default_factory=lambda: psutil.virtual_memory().available // 2)
    interrupted: Callable[[], bool] = lambda: False
    load_command: tuple[str, ...] = ()  # the load generator; only needed for servers
    tell: Callable[[str], None] = lambda _: None  # the user
    leave_out: Callable[[float], None] = lambda _: None  # seconds of a standstill
    now: Callable[[], str] = _utc_now
    read_counters: Callable[[], Interference] = Interference.read

    def run(
        self,
        assignment: Assignment,
        block: int,
        position: int,
        on_tick: Callable[[], None] = lambda: None,
    ) -> Trial | None:
        """Run one trial. Returns None if it was interrupted and nothing was measured.

        A trial during which this process or the machine stood still is run again.
        """
        for _ in range(MOST_ATTEMPTS):
            # One generator per trial: a repeated or resumed one draws the same numbers.
            rng = random.Random(f"{self.seed} {block} {assignment.cell}")
            attempt = self.prepare(assignment, block, position, rng)
            limits = child.Limits(assignment.case.sampling.timeout_s, self.memory_bytes)
            with contextlib.closing(attempt):
                self.run_child(attempt, rng, limits, on_tick)
            if attempt.was_interrupted:
                return None
            if not self.has_stood_still([attempt]):
                break
        return self.judge(attempt)

    def has_stood_still(self, attempts: Iterable[Attempt]) -> bool:
        """Return whether these attempts have to be repeated, and tell the user if so."""
        seconds = max(attempt.stood_still_s for attempt in attempts)
        if seconds:
            self.leave_out(seconds)
            self.tell(f"{describe_standstill(seconds)}; what was measured meanwhile is discarded")
        return seconds > 0

    def prepare(
        self,
        assignment: Assignment,
        block: int,
        position: int,
        rng: random.Random,
        *,
        turns: int = 0,
    ) -> Attempt:
        """Return a trial that is about to start; `turns` are expected, or it is measured alone."""
        contestant, is_served = assignment.cell.contestant, assignment.is_served
        version = self.runner_of(contestant).description.protocol
        request = protocol.create_request(
            contestant,
            assignment.cases,
            rng.getrandbits(31),
            version,
            turns=turns > 0 and not is_served,  # the load on a server takes the turns
        )
        driver = obstacle = site = None
        workload = assignment.case.workload
        if workload.shares_cores:
            obstacle = find_obstacle(assignment.case, self.load_command)
        if workload.site is not None:
            site = SiteDriver(
                self.load_command, split_allowed_cores(), self.memory_bytes, self.interrupted
            )
        if is_served:
            driver = LoadDriver(
                self.load_command,
                split_allowed_cores(),
                self.memory_bytes,
                rng.getrandbits(31),
                self.interrupted,
                turns,
            )
        return Attempt(assignment, block, position, request, driver, obstacle, site)

    def run_child(
        self,
        attempt: Attempt,
        rng: random.Random,
        limits: child.Limits,
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Run the child of an attempt to its end, unless an obstacle forbids its start."""
        can_start = attempt.start_site()
        attempt.started_at = self.now()
        if not can_start:
            return
        assignment = attempt.assignment
        runner = self.runner_of(assignment.cell.contestant)
        command = [*runner.command_for(assignment.cell.workload), "run"]
        environment = _create_environment(runner, rng)
        request = protocol.encode_request(attempt.full_request)
        # In turns, the others start earlier or later, and are judged once all have ended.
        before = self.read_counters()
        try:
            attempt.result = child.run(
                command,
                environment,
                request,
                limits,
                attempt.receive_line,
                self.interrupted,
                on_tick,
                runner.folder,
                attempt.start_cores,
                attempt.handle,
            )
        except OSError as error:
            attempt.result = child.ChildResult(_CANNOT_START, 0, 0, f"cannot be started: {error}")
        else:
            wall_s = attempt.result.wall_ns / 1e9
            attempt.disturbed = self.read_counters().describe_since(
                before, wall_s, os.cpu_count() or 1
            )

    def judge(self, attempt: Attempt) -> Trial:
        """Judge an ended attempt on this machine and return the trial to store."""
        return judge_attempt(attempt, os.cpu_count() or 1, find_lack)


def _create_environment(runner: Runner, rng: random.Random) -> dict[str, str]:
    """Return the environment of one child.

    The hash seed and the size of the environment shift the results of a whole process (Mytkowicz et
    al., 2009), so both are drawn anew for each child.
    """
    drawn = {
        "PYTHONHASHSEED": str(rng.randrange(2**32)),
        "LOOMBENCH_PADDING": "x" * rng.randrange(_MAX_PADDING),
    }
    return create_environment({**drawn, **runner.env})
