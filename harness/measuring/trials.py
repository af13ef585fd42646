"""Run blocks of trials, one child at a time, until the budget is spent. Stores each trial."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import psutil
from msgspec import structs

from harness import units
from harness.catalog.workload import CHECK
from harness.measuring import judge_trial
from harness.measuring.machine.interference import Interference
from harness.measuring.machine.speed_probe import run_probe
from harness.measuring.processes import child
from harness.measuring.runners import protocol
from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.load_driver import LoadDriver, find_obstacle, split_allowed_cores
from harness.results.records import Parked, Sample, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.catalog.contestant import Contestant
    from harness.measuring.plan import Assignment, Block
    from harness.measuring.runners.runner import Runner
    from harness.results.records import Cell

_CANNOT_START = 127  # the exit code that shells use
_MAX_PADDING = 4_096  # bytes; one page is enough to move the rest of the stack


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Observer(Protocol):
    """Displays a run while it is measured."""

    def starting(self, block: Block, position: int) -> None:
        """Handle the start of a trial."""

    def waiting(self) -> None:
        """Update the display; called about four times per second while a trial runs."""

    def ended(self, trial: Trial) -> None:
        """Handle the end of a trial, after it was stored."""


@dataclass
class TrialRunner:
    """Runs trials, each in a fresh child process, with a load generator if it is a server."""

    runner_of: Callable[[Contestant], Runner]
    seed: int
    memory_bytes: int = field(default_factory=lambda: psutil.virtual_memory().available // 2)
    interrupted: Callable[[], bool] = lambda: False
    load_command: tuple[str, ...] = ()  # the load generator; only needed for servers

    def run(
        self,
        assignment: Assignment,
        block: int,
        position: int,
        on_tick: Callable[[], None] = lambda: None,
    ) -> Trial | None:
        """Run one trial. Returns None if it was interrupted and nothing was measured."""
        # One generator per trial, so that a resumed run draws the same numbers as the first run.
        rng = random.Random(f"{self.seed} {block} {assignment.cell}")
        attempt = self._prepare(assignment, block, position, rng)
        if attempt.driver and (obstacle := find_obstacle(assignment.case, self.load_command)):
            return attempt.create_trial(obstacle.status, obstacle.message)
        try:
            attempt.result = self._run_child(attempt, rng, on_tick)
        finally:
            attempt.close()
        return None if attempt.was_interrupted else attempt.judge()

    def _prepare(
        self, assignment: Assignment, block: int, position: int, rng: random.Random
    ) -> _Attempt:
        cell = assignment.cell
        request = protocol.create_request(cell.contestant, assignment.cases, rng.getrandbits(31))
        driver = None
        if assignment.is_served:
            driver = LoadDriver(
                self.load_command,
                split_allowed_cores(),
                self.memory_bytes,
                rng.getrandbits(31),
                self.interrupted,
            )
        return _Attempt(assignment, block, position, request, driver)

    def _run_child(
        self, attempt: _Attempt, rng: random.Random, on_tick: Callable[[], None]
    ) -> child.ChildResult:
        assignment, driver = attempt.assignment, attempt.driver
        runner = self.runner_of(assignment.cell.contestant)
        try:
            return child.run(
                [*runner.command_for(assignment.cell.workload), "run"],
                _create_environment(runner, rng),
                protocol.encode_request(attempt.request),
                child.Limits(assignment.case.sampling.timeout_s, self.memory_bytes),
                attempt.receive_line,
                self.interrupted,
                on_tick,
                runner.folder,
                driver.cores.server if driver else frozenset(),
                driver.server if driver else None,
            )
        except OSError as error:
            return child.ChildResult(_CANNOT_START, 0, 0, f"cannot be started: {error}")


@dataclass
class _Attempt:
    """A running trial: the messages of its child and, for a server, the load on it."""

    assignment: Assignment
    block: int
    position: int
    request: protocol.Request
    driver: LoadDriver | None
    transcript: Transcript = field(init=False)
    violation: str = ""  # of the protocol
    result: child.ChildResult = field(default_factory=lambda: child.ChildResult(0, 0, 0, ""))
    started_at: str = field(default_factory=_utc_now)
    before: Interference = field(default_factory=Interference.read)

    def __post_init__(self) -> None:
        self.transcript = Transcript(self.request.cases, serves=self.driver is not None)

    def receive_line(self, line: bytes) -> str:
        """Process a line of the child. Returns why to stop the child, or an empty text."""
        try:
            message = protocol.decode_message(line)
            self.transcript.receive(message)
        except protocol.ProtocolError as error:
            self.violation = str(error)
            return "violation"
        if self.driver is not None:
            match message:
                case protocol.Listening(port=port):
                    case_id = self.transcript.current_case
                    self.driver.start(self.assignment.case_named(case_id), port)
                case protocol.SampleTaken(case=id_) | protocol.Failed(case=str(id_)):
                    self.driver.note_returned(id_)
        return ""

    def close(self) -> None:
        """End the load generators."""
        if self.driver is not None:
            self.driver.finish()

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C stopped the trial, so that it has no result."""
        return self.result.stopped == "interrupt" or (
            self.driver is not None and self.driver.was_interrupted
        )

    def judge(self) -> Trial:
        """Determine the status of an ended attempt and return the trial to store."""
        cases = self.assignment.cases
        status, message = judge_trial.judge(cases, self.transcript, self.result, self.violation)
        if self.driver is None:
            return self.create_trial(status, message)
        self.result.orphan_count += self.driver.orphan_count
        status, message = judge_trial.judge_server(cases, self.driver.loads, status, message)
        drains = self.assignment.case.workload.drains
        return _add_load(self.create_trial(status, message), self.driver, drains=drains)

    def create_trial(self, status: Status, message: str) -> Trial:
        """Return the trial with the messages and the resource usage of the child."""
        case, transcript, result = self.assignment.case.id, self.transcript, self.result
        outcome = next(iter(transcript.outcomes[case]), None)
        return Trial(
            cell=self.assignment.cell,
            block=self.block,
            position=self.position,
            status=status,
            started_at=self.started_at,
            wall_ns=result.wall_ns,
            message=units.printable(message),
            samples=tuple(
                Sample(sample.elapsed_ns, sample.operations, sample.warmup, sample.cpu_ns)
                for sample in transcript.samples[case]
            ),
            digest=outcome.digest if outcome else None,
            observed=outcome.observed if outcome else {},
            facts=transcript.started.facts if transcript.started else {},
            usage=transcript.finished.usage if transcript.finished else {},
            cpu_ns=result.cpu_ns if result.wall_ns else None,
            # The standard error of a successful trial is not stored.
            stderr_end="" if status is Status.OK else units.printable(result.stderr_end),
            latency=transcript.latencies.get(case, ""),
            parked=tuple(
                Parked(footprint.tasks, footprint.bytes, footprint.virtual_bytes)
                for footprint in transcript.footprints[case]
            ),
            warnings=judge_trial.find_warnings(transcript, result),
            disturbed=Interference.read().describe_since(
                self.before, result.wall_ns / 1e9, os.cpu_count() or 1
            )
            if result.wall_ns
            else (),
        )


def _add_load(trial: Trial, driver: LoadDriver, *, drains: bool) -> Trial:
    """Return the trial of a server with the measurements of its load generator."""
    load = driver.loads.get(trial.cell.case)
    if load is None:
        return structs.replace(trial, samples=())
    phases = load.report.phases
    server_ns = trial.samples[0].cpu_ns if trial.samples else None
    return structs.replace(
        trial,
        samples=tuple(
            Sample(phase.elapsed_ns, phase.requests, phase.warmup)
            for phase in phases
            if phase.loop == "closed" and phase.requests
        ),
        latency=next((phase.hdr for phase in reversed(phases) if phase.loop == "open"), ""),
        phases=tuple(phases),
        load={
            **load.report.facts,
            "server_cores": _format_cores(driver.cores.server),
            "client_cores": _format_cores(driver.cores.client),
        },
        exit_ns=load.exit_ns if drains else None,
        usage=trial.usage | ({} if server_ns is None else {"server_cpu_ns": server_ns}),
        # The check case has too few requests for warnings about the load generator.
        warnings=trial.warnings + (() if trial.cell.case == CHECK else load.report.warnings()),
    )


def _format_cores(cores: frozenset[int]) -> str:
    return ",".join(map(str, sorted(cores))) or "any"


def _create_environment(runner: Runner, rng: random.Random) -> dict[str, str]:
    """Return the environment of one child.

    The hash seed and the size of the environment shift the results of a whole process (Mytkowicz et
    al., 2009), so both are drawn anew for each child.
    """
    return {
        **os.environ,
        **runner.env,
        "PYTHONHASHSEED": str(rng.randrange(2**32)),
        "LOOMBENCH_PADDING": "x" * rng.randrange(_MAX_PADDING),
    }


def run_blocks(
    runner: TrialRunner,
    blocks: Iterable[Block],
    is_done: Callable[[int, Cell], bool],
    deadline: float,
    store: Callable[[Trial], None],
    observer: Observer,
) -> str:
    """Run blocks until the deadline (of `time.monotonic`). Returns why it ended.

    `is_done(block, cell)` returns whether a resumed run already has that trial. The deadline is
    checked between trials only, because an interrupted trial has no result.
    """
    for block in blocks:
        for position, assignment in enumerate(block.assignments):
            if is_done(block.index, assignment.cell):
                continue
            if runner.interrupted():
                return "interrupted"
            if time.monotonic() >= deadline:
                return "budget spent"
            observer.starting(block, position)
            probe = run_probe() if position == 0 else None  # a resumed block has a probe already
            trial = runner.run(assignment, block.index, position, observer.waiting)
            if trial is None:
                return "interrupted"
            if probe is not None:
                trial = structs.replace(trial, probe_ns=probe.wall_ns, probe_cpu_ns=probe.cpu_ns)
            store(trial)
            observer.ended(trial)
    return "every headline ratio has reached the requested precision"
