"""Runs blocks, one child at a time, until the budget is spent; hands on every trial as it ends."""

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
from harness.measuring.runners.conversation import Conversation
from harness.measuring.servers.load_driver import LoadDriver, cores_here, refusal
from harness.results.records import Parked, Sample, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.catalog.contestant import Contestant
    from harness.measuring.plan import Assignment, Block
    from harness.measuring.runners.runner import Runner
    from harness.results.records import Cell

_CANNOT_START = 127  # the exit code that a shell gives
_PADDING_MOST = 4_096  # bytes; one page of the stack is enough to move what follows it


def _utc_now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Observer(Protocol):
    """Shows a run while it is measured."""

    def starting(self, block: Block, position: int) -> None:
        """Note that a trial is about to start."""

    def waiting(self) -> None:
        """Note that a trial is still running, about four times a second."""

    def ended(self, trial: Trial) -> None:
        """Note that a trial has ended and is stored."""


@dataclass
class TrialRunner:
    """Runs trials: one fresh child process each, with a load generator beside a server."""

    runner_of: Callable[[Contestant], Runner]
    seed: int
    memory_bytes: int = field(default_factory=lambda: psutil.virtual_memory().available // 2)
    interrupted: Callable[[], bool] = lambda: False
    load_command: tuple[str, ...] = ()  # the load generator, which servers need

    def run(
        self,
        assignment: Assignment,
        block: int,
        position: int,
        on_tick: Callable[[], None] = lambda: None,
    ) -> Trial | None:
        """Run one trial. Returns None if it was interrupted: then nothing was measured."""
        # A generator per trial, so that a resumed run draws what the first run would have drawn.
        draw = random.Random(f"{self.seed} {block} {assignment.cell}")
        attempt = self._prepared(assignment, block, position, draw)
        if attempt.driver and (refused := refusal(assignment.case, self.load_command)):
            return attempt.recorded(refused.status, refused.message)
        try:
            attempt.ended = self._run_child(attempt, draw, on_tick)
        finally:
            attempt.close()
        return None if attempt.was_interrupted else attempt.judged()

    def _prepared(
        self, assignment: Assignment, block: int, position: int, draw: random.Random
    ) -> _Attempt:
        cell = assignment.cell
        request = protocol.request_for(cell.contestant, assignment.cases, draw.getrandbits(31))
        driver = None
        if assignment.is_served:
            driver = LoadDriver(
                self.load_command,
                cores_here(),
                self.memory_bytes,
                draw.getrandbits(31),
                self.interrupted,
            )
        return _Attempt(assignment, block, position, request, driver)

    def _run_child(
        self, attempt: _Attempt, draw: random.Random, on_tick: Callable[[], None]
    ) -> child.Ended:
        assignment, driver = attempt.assignment, attempt.driver
        runner = self.runner_of(assignment.cell.contestant)
        try:
            return child.run(
                [*runner.command_for(assignment.cell.workload), "run"],
                _environment(runner, draw),
                protocol.encode_request(attempt.request),
                child.Limits(assignment.case.sampling.timeout_s, self.memory_bytes),
                attempt.take_line,
                self.interrupted,
                on_tick,
                runner.folder,
                driver.cores.server if driver else frozenset(),
                driver.server if driver else None,
            )
        except OSError as error:
            return child.Ended(_CANNOT_START, 0, 0, f"cannot be started: {error}")


@dataclass
class _Attempt:
    """A trial under way: what its child has said, and the load on it if it is a server."""

    assignment: Assignment
    block: int
    position: int
    request: protocol.Request
    driver: LoadDriver | None
    said: Conversation = field(init=False)
    violation: str = ""  # of the protocol
    ended: child.Ended = field(default_factory=lambda: child.Ended(0, 0, 0, ""))
    started_at: str = field(default_factory=_utc_now)
    before: Interference = field(default_factory=Interference.now)

    def __post_init__(self) -> None:
        self.said = Conversation(self.request.cases, serves=self.driver is not None)

    def take_line(self, line: bytes) -> str:
        """Take in a line of the child. Returns why to stop the child, or nothing."""
        try:
            message = protocol.decode_message(line)
            self.said.hear(message)
        except protocol.ProtocolError as error:
            self.violation = str(error)
            return "violation"
        if self.driver is not None:
            match message:
                case protocol.Listening(port=port):
                    self.driver.begin(self.assignment.case_named(self.said.current), port)
                case protocol.SampleTaken(case=id_) | protocol.Failed(case=str(id_)):
                    self.driver.has_returned(id_)
        return ""

    def close(self) -> None:
        """End the load generators."""
        if self.driver is not None:
            self.driver.end()

    @property
    def was_interrupted(self) -> bool:
        """Whether the user wants to stop, so that the trial says nothing."""
        return self.ended.stopped == "interrupt" or (
            self.driver is not None and self.driver.was_interrupted
        )

    def judged(self) -> Trial:
        """Return what is stored of an attempt that has ended."""
        cases, violation = self.assignment.cases, self.violation
        status, message = judge_trial.judge(cases, self.said, self.ended, violation)
        if self.driver is None:
            return self.recorded(status, message)
        self.ended.left_running += self.driver.left_running
        status, message = judge_trial.judge_server(cases, self.driver.loads, status, message)
        drains = self.assignment.case.workload.drains
        return _with_load(self.recorded(status, message), self.driver, drains=drains)

    def recorded(self, status: Status, message: str) -> Trial:
        """Return the trial with what the child said and used."""
        case, said, ended = self.assignment.case.id, self.said, self.ended
        outcome = next(iter(said.outcomes[case]), None)
        return Trial(
            cell=self.assignment.cell,
            block=self.block,
            position=self.position,
            status=status,
            started_at=self.started_at,
            wall_ns=ended.wall_ns,
            message=units.printable(message),
            samples=tuple(
                Sample(taken.elapsed_ns, taken.operations, taken.warmup, taken.cpu_ns)
                for taken in said.samples[case]
            ),
            digest=outcome.digest if outcome else None,
            observed=outcome.observed if outcome else {},
            facts=said.started.facts if said.started else {},
            usage=said.finished.usage if said.finished else {},
            cpu_ns=ended.cpu_ns if ended.wall_ns else None,
            # What a good trial prints to standard error is of no interest.
            stderr_end="" if status is Status.OK else units.printable(ended.stderr_end),
            latency=said.latencies.get(case, ""),
            parked=tuple(
                Parked(held.tasks, held.bytes, held.virtual_bytes) for held in said.footprints[case]
            ),
            warnings=judge_trial.warnings(said, ended),
            disturbed=Interference.now().since(
                self.before, ended.wall_ns / 1e9, os.cpu_count() or 1
            )
            if ended.wall_ns
            else (),
        )


def _with_load(trial: Trial, driver: LoadDriver, *, drains: bool) -> Trial:
    """Return the trial of a server with what its load generator measured."""
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
            "server_cores": _core_list(driver.cores.server),
            "client_cores": _core_list(driver.cores.client),
        },
        exit_ns=load.exit_ns if drains else None,
        usage=trial.usage | ({} if server_ns is None else {"server_cpu_ns": server_ns}),
        # The few requests of a check are no load, whoever was busy with them.
        warnings=trial.warnings + (() if trial.cell.case == CHECK else load.report.warnings()),
    )


def _core_list(cores: frozenset[int]) -> str:
    return ",".join(map(str, sorted(cores))) or "any"


def _environment(runner: Runner, draw: random.Random) -> dict[str, str]:
    """Return the environment of one child.

    The hash seed and the size of the environment shift a whole process one way or the other
    (Mytkowicz et al., 2009), so both are drawn anew for each.
    """
    return {
        **os.environ,
        **runner.env,
        "PYTHONHASHSEED": str(draw.randrange(2**32)),
        "LOOMBENCH_PADDING": "x" * draw.randrange(_PADDING_MOST),
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

    `is_done` says which trials, by block and cell, a resumed run has already. The deadline is
    checked between trials only: a trial that was cut short would have to be thrown away.
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
            probe = run_probe() if position == 0 else None  # a resumed block has its own already
            trial = runner.run(assignment, block.index, position, observer.waiting)
            if trial is None:
                return "interrupted"
            if probe is not None:
                trial = structs.replace(trial, probe_ns=probe.wall_ns, probe_cpu_ns=probe.cpu_ns)
            store(trial)
            observer.ended(trial)
    return "every headline ratio is as precise as was asked for"
