"""Run blocks of trials, one child at a time, until the budget is spent. Stores each trial."""

from __future__ import annotations

import contextlib
import os
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import psutil
from msgspec import structs

from harness import units
from harness.catalog.workload import CHECK
from harness.measuring.growth import find_growth
from harness.measuring.judge_trial import Verdict, judge
from harness.measuring.machine.essentials import find_lack
from harness.measuring.machine.interference import Interference
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.processes.running_time import describe_standstill
from harness.measuring.runners import protocol
from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.cores import move_processes, split_allowed_cores
from harness.measuring.servers.load_driver import LoadDriver, find_obstacle
from harness.measuring.servers.load_protocol import LoadFailure
from harness.measuring.servers.site import SiteDriver, find_miscount
from harness.measuring.validity import Bounds, fits
from harness.results import histograms
from harness.results.records import Parked, Sample, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import ModelCase
    from harness.measuring.plan import Assignment, Block
    from harness.measuring.runners.runner import Runner

_END = b'{"kind": "end"}\n'
_CANNOT_START = 127  # the exit code that shells use
_MOST_BYTES = 8 * 2**20  # of the messages of a trial; those of an honest one have a tenth
MOST_ATTEMPTS = 3  # to measure without a standstill
_PERHAPS_OF_MACHINE = (Status.CRASH, Status.TIMEOUT)
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
        return attempt.judge()

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


@dataclass
class Attempt:
    """A running trial: the messages of its child and, for a server, the load on it."""

    assignment: Assignment
    block: int
    position: int
    request: protocol.Request
    driver: LoadDriver | None
    obstacle: LoadFailure | None = None  # why the child is not started
    site: SiteDriver | None = None  # from which a client fetches pages
    starts_aside: bool = False  # on spare cores, because another one starts on those of both
    on_turn: Callable[[str], None] = lambda _: None  # see `listen`
    first_round: int = 0  # of the block, in which it took its first turn
    turns_ns: list[int] = field(default_factory=list)  # how long each took, seen from here
    handle: child.Handle = field(init=False)
    transcript: Transcript = field(init=False)
    violation: str = ""  # of the protocol
    received_bytes: int = 0
    result: child.ChildResult = field(default_factory=lambda: child.ChildResult(0, 0, 0, ""))
    started_at: str = ""  # UTC, ISO 8601
    disturbed: tuple[str, ...] = ()  # what took CPU time while the child ran

    def __post_init__(self) -> None:
        self.handle = child.Handle()
        if self.driver is not None:
            self.handle = self.driver.server
        self.transcript = Transcript(
            self.request.cases, serves=self.driver is not None, turns=self.request.turns
        )

    def receive_line(self, line: bytes) -> str:
        """Process a line of the child. Returns why to stop the child, or an empty text."""
        self.received_bytes += len(line)
        try:
            if self.received_bytes > _MOST_BYTES:
                raise protocol.ProtocolError(f"more than {_MOST_BYTES >> 20} MiB of messages")
            message = protocol.decode_message(line)
            self.transcript.receive(message)
        except protocol.ProtocolError as error:
            self.violation = str(error)
            return "violation"
        if self.driver is not None:
            self._receive_from_server(message, self.driver)
            return ""
        match message:
            case protocol.Ready():
                self.on_turn("ready")
            case protocol.SampleTaken(warmup=False) if self.transcript.is_ready:
                self.on_turn("sample")
        return ""

    def _receive_from_server(self, message: protocol.Message, driver: LoadDriver) -> None:
        match message:
            case protocol.Listening(port=port):
                case_id = self.transcript.current_case
                driver.start(self.assignment.case_named(case_id), port)
            case protocol.SampleTaken(case=id_) | protocol.Failed(case=str(id_)):
                driver.note_returned(id_)

    def listen(self, on_turn: Callable[[str], None]) -> None:
        """Call `on_turn` with `ready` when it waits for its turns, and `sample` after each."""
        self.on_turn = on_turn
        if self.driver is not None:
            self.driver.on_turn = on_turn

    def give_turn(self, processor: int | None) -> None:
        """Let it take one sample, beginning on this processor; None: on any."""
        if self.driver is not None:
            self.driver.give_turn()
            return
        self.transcript.give_turn()
        self.handle.write_line(protocol.encode_turn(processor))

    def end_turns(self) -> None:
        """Let it clean up and report its answers."""
        if self.driver is not None:
            self.driver.end_turns()
            return
        self.transcript.end_turns()
        self.handle.write_line(_END)

    def start_site(self) -> bool:
        """Start the site of a client. Returns whether nothing forbids the start of the child."""
        site = self.site if self.obstacle is None else None
        if site is not None and not site.start(self.assignment.cases):
            self.obstacle = LoadFailure(Status.CRASH, site.failure)
        return self.obstacle is None

    @property
    def full_request(self) -> protocol.Request:
        """The request with the ports of the site, which has to run."""
        return self.request if self.site is None else self.site.add_ports(self.request)

    @property
    def cores(self) -> frozenset[int]:
        """The cores of the child while it is measured; empty: any."""
        return self.helpers[0].cores.server if self.helpers else frozenset()

    @property
    def start_cores(self) -> frozenset[int]:
        """The cores that the child starts on."""
        spare = self.helpers[0].cores.spare if self.helpers else frozenset()
        return spare if spare and self.starts_aside else self.cores

    def move_to_its_cores(self) -> None:
        """Move a child that has started aside, with all that it has started."""
        if self.start_cores != self.cores:
            move_processes(self.handle.list_processes(), self.cores)

    @property
    def helpers(self) -> tuple[LoadDriver | SiteDriver, ...]:
        """What runs beside the child: the load on a server, or the site of a client."""
        return tuple(helper for helper in (self.driver, self.site) if helper is not None)

    def close(self) -> None:
        """End the load generators, or the site."""
        for helper in self.helpers:
            helper.finish()

    @property
    def was_interrupted(self) -> bool:
        """Whether Ctrl-C stopped the trial, so that it has no result."""
        return self.result.stopped == "interrupt" or (
            self.driver is not None and self.driver.was_interrupted
        )

    @property
    def stood_still_s(self) -> float:
        """How long the harness or the machine stood still during the trial."""
        return max(one.stood_still_s for one in (self.result, *self.helpers))

    def judge(self) -> Trial:
        """Judge an ended attempt and return the trial to store."""
        if self.obstacle is not None:
            return self._create_trial(Verdict(self.obstacle.status, self.obstacle.message))
        driver, site = self.driver, self.site
        self.result.orphan_count += sum(helper.orphan_count for helper in self.helpers)
        if site is not None:
            site.add_counts(self.transcript)
        if self.stood_still_s:
            reason = f"{describe_standstill(self.stood_still_s)}, in each of {MOST_ATTEMPTS} tries"
            return self._create_trial(Verdict(Status.UNSETTLED, reason))
        verdict = judge(
            self.assignment.cases,
            self.transcript,
            self.result,
            self.violation,
            Bounds(os.cpu_count() or 1, () if driver else tuple(self.turns_ns)),
            driver.loads if driver else None,
        )
        if site is not None:
            verdict = self._judge_site(site, verdict)
        error = f"{verdict.message}\n{self.result.stderr_end}"
        if verdict.status in _PERHAPS_OF_MACHINE and (lack := find_lack(error)):
            verdict = Verdict(Status.UNSUPPORTED, f"{verdict.message}; {lack}")
        trial = self._create_trial(verdict)
        if site is not None and site.cpu_ns is not None:
            trial = structs.replace(trial, usage={**trial.usage, "site_cpu_ns": site.cpu_ns})
        return _add_load(trial, driver, self.assignment.case) if driver else trial

    def _judge_site(self, site: SiteDriver, verdict: Verdict) -> Verdict:
        """Return the verdict on a client, given what its site has counted."""
        warning = site.find_warning(self.transcript)
        if warning and self.assignment.case.id != CHECK:  # which is too short to tell
            verdict = replace(verdict, warnings=(*verdict.warnings, warning))
        if site.failure:
            return Verdict(Status.CRASH, site.failure)
        if verdict.status not in (Status.OK, Status.UNSETTLED):
            return verdict
        for case in self.assignment.cases:
            if error := find_miscount(case, self.transcript, site.served[case.id]):
                prefix = "" if case is self.assignment.case else f"in the {case.id} case: "
                return Verdict(Status.WRONG_ANSWER, prefix + error)
        return verdict

    def _create_trial(self, verdict: Verdict) -> Trial:
        """Return the trial with the messages and the resource usage of the child."""
        case, transcript, result = self.assignment.case.id, self.transcript, self.result
        outcome = next(iter(transcript.outcomes[case]), None)
        observed = outcome.observed if outcome else {}
        usage = transcript.finished.usage if transcript.finished else {}
        samples = transcript.samples[case]
        if not fits(samples, observed, usage):
            samples, observed, usage = [], {}, {}
        latency = transcript.latencies.get(case)
        return Trial(
            cell=self.assignment.cell,
            block=self.block,
            position=self.position,
            status=verdict.status,
            started_at=self.started_at,
            wall_ns=result.wall_ns,
            message=verdict.message,
            samples=tuple(
                Sample(sample.elapsed_ns, sample.operations, sample.warmup, sample.cpu_ns)
                for sample in samples
            ),
            digest=outcome.digest if outcome else None,
            observed=observed,
            facts=transcript.facts,
            usage=usage,
            cpu_ns=result.cpu_ns if result.wall_ns else None,
            # The standard error of a successful trial is not stored.
            stderr_end="" if verdict.status is Status.OK else units.printable(result.stderr_end),
            growth=find_growth(self.assignment, transcript)
            if verdict.status is Status.OK
            else None,
            latency=latency.hdr if latency else "",
            early=latency.early_hdr if latency else "",
            parked=tuple(
                Parked(
                    footprint.tasks,
                    footprint.bytes,
                    footprint.virtual_bytes,
                    footprint.kernel_bytes,
                )
                for footprint in transcript.footprints[case]
            ),
            warnings=verdict.warnings,
            rounds=sum(not sample.warmup for sample in samples) if self.request.turns else 0,
            first_round=self.first_round,
            disturbed=self.disturbed,
        )


def _add_load(trial: Trial, driver: LoadDriver, case: ModelCase) -> Trial:
    """Return the trial of a server with the measurements of its load generator."""
    load = driver.loads.get(trial.cell.case)
    if load is None:
        return structs.replace(trial, samples=())
    phases = load.report.phases
    steady = [phase for phase in phases if phase.loop == "open"]
    server_ns = trial.samples[0].cpu_ns if trial.samples else None
    return structs.replace(
        trial,
        samples=tuple(
            Sample(phase.elapsed_ns, phase.requests, phase.warmup, phase.cpu_of_requests_ns)
            for phase in phases
            if phase.loop == "closed" and phase.requests
        ),
        latency=histograms.merge_texts([phase.hdr for phase in steady]),
        lateness=histograms.merge_texts([phase.late_hdr for phase in steady]),
        rounds=load.report.turns_taken,
        phases=tuple(phase.stored for phase in phases),
        load={
            **load.report.facts,
            "server_cores": _format_cores(driver.cores.server),
            "client_cores": _format_cores(driver.cores.client),
        },
        exit_ns=load.exit_ns if case.workload.drains else None,
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
    drawn = {
        "PYTHONHASHSEED": str(rng.randrange(2**32)),
        "LOOMBENCH_PADDING": "x" * rng.randrange(_MAX_PADDING),
    }
    return create_environment({**drawn, **runner.env})
