"""Runs blocks, one child at a time, until the budget is spent; hands every trial on as it ends."""

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
from harness.measuring.machine.speed_probe import spin
from harness.measuring.processes import child
from harness.measuring.runners import protocol
from harness.measuring.runners.conversation import Conversation
from harness.measuring.servers.serving import Asking, cores_here, refusal
from harness.results.records import Cell, Parked, Sample, Status, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.catalog.workload import Case, Workload
    from harness.measuring.plan import Block
    from harness.measuring.runners.runner import Runner

_CANNOT_START = 127  # as a shell has it
_PADDING_MOST = 4_096  # bytes; one page of the stack is enough to move what follows it


class Observer(Protocol):
    """Is told what happens, to show it."""

    def starting(self, block: Block, position: int) -> None:
        """Hear that a trial is about to start."""

    def waiting(self) -> None:
        """Hear that a trial is still running, about four times a second."""

    def ended(self, trial: Trial) -> None:
        """Hear that a trial has ended and is stored."""


@dataclass
class Bench:
    """All that running trials needs."""

    workloads: Mapping[str, Workload]
    runner_of: Callable[[Cell], Runner]
    seed: int
    memory_bytes: int = field(default_factory=lambda: psutil.virtual_memory().available // 2)
    interrupted: Callable[[], bool] = lambda: False
    load_command: tuple[str, ...] = ()  # of the load generator, which servers need

    def trial(
        self, cell: Cell, block: int, position: int, on_tick: Callable[[], None] = lambda: None
    ) -> Trial | None:
        """Run one trial. None if it was interrupted: then nothing was measured."""
        workload = self.workloads[cell.workload]
        case = workload.case_for(workload.cases[cell.case], cell.model)
        runner = self.runner_of(cell)
        # A generator a trial, so that a resumed run draws what the first would have drawn.
        draw = random.Random(f"{self.seed} {block} {cell}")
        request = protocol.request_for(
            workload, case, cell.model, cell.variant, draw.getrandbits(31)
        )
        cases = [workload.case_for(workload.cases[one.id], cell.model) for one in request.cases]
        asking = self._asking(workload, draw)
        said = Conversation(request.cases, serves=asking is not None)
        hearing = _Hearing(said, asking, {one.id: one for one in cases})
        before = Interference.now()
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        if asking is not None and (refused := refusal(case, self.load_command)) is not None:
            status, message = refused
            return Trial(cell, block, position, status, started_at, 0, message)
        try:
            ended = child.run(
                [*runner.command_for(cell.workload), "run"],
                _environment(runner, draw),
                protocol.encode_request(request),
                child.Limits(case.sampling.timeout_s, self.memory_bytes),
                hearing.line,
                self.interrupted,
                on_tick,
                runner.folder,
                asking.cores.server if asking else frozenset(),
                asking.server if asking else None,
            )
        except OSError as error:
            ended = child.Ended(_CANNOT_START, 0, 0, f"cannot be started: {error}")
        finally:
            hearing.end()
        if ended.stopped == "interrupt" or (asking is not None and asking.is_interrupted):
            return None
        violation = hearing.violation
        if ended.stopped and not violation and ended.stopped not in ("timeout", "memory"):
            violation = ended.stopped
        status, message = judge_trial.judge(workload, case, cell.model, said, ended, violation)
        if asking is not None:
            status, message = judge_trial.judge_served(
                workload, cases, asking.asked, status, message
            )
            ended.left_running += asking.left_running
        outcomes = said.outcomes[case.id]
        trial = Trial(
            cell=cell,
            block=block,
            position=position,
            status=status,
            started_at=started_at,
            wall_ns=ended.wall_ns,
            message=units.printable(message),
            samples=tuple(
                Sample(one.elapsed_ns, one.operations, one.warmup, one.cpu_ns)
                for one in said.samples[case.id]
            ),
            digest=outcomes[0].digest if outcomes else None,
            observed=outcomes[0].observed if outcomes else {},
            facts=said.started.facts if said.started else {},
            usage=said.finished.usage if said.finished else {},
            cpu_ns=ended.cpu_ns,
            # What a good trial prints to standard error is of no interest.
            stderr_end="" if status is Status.OK else units.printable(ended.stderr_end),
            latency=said.latencies.get(case.id, ""),
            parked=tuple(
                Parked(one.tasks, one.bytes, one.virtual_bytes) for one in said.footprints[case.id]
            ),
            warnings=judge_trial.warnings(said, ended),
            disturbed=Interference.now().since(before, ended.wall_ns / 1e9, os.cpu_count() or 1),
        )
        return trial if asking is None else _as_asked(trial, asking)

    def _asking(self, workload: Workload, draw: random.Random) -> Asking | None:
        """Return who asks the server of a trial; None where the workload is not one."""
        if workload.load is None:
            return None
        return Asking(
            workload,
            self.load_command,
            cores_here(),
            self.memory_bytes,
            draw.getrandbits(31),
            self.interrupted,
        )


@dataclass
class _Hearing:
    """Takes in the lines of a trial; where a server says that it listens, somebody asks it."""

    said: Conversation
    asking: Asking | None
    cases: Mapping[str, Case]
    violation: str = ""

    def line(self, line: bytes) -> str:
        """Take in a line. Returns why to stop the child, or nothing."""
        try:
            message = protocol.decode_message(line)
            self.said.hear(message)
        except protocol.ProtocolError as error:
            self.violation = str(error)
            return "violation"
        if self.asking is not None:
            match message:
                case protocol.Listening(port=port):
                    self.asking.begin(self.cases[self.said.current], port)
                case protocol.SampleTaken(case=id_) | protocol.Failed(case=str(id_)):
                    self.asking.has_returned(id_)
        return ""

    def end(self) -> None:
        """End who asks."""
        if self.asking is not None:
            self.asking.end()


def _as_asked(trial: Trial, asking: Asking) -> Trial:
    """Return a server's trial with what its load generator saw of it."""
    asked = asking.asked.get(trial.cell.case)
    if asked is None:
        return structs.replace(trial, samples=())
    heard = asked.heard
    served_ns = trial.samples[0].cpu_ns if trial.samples else None
    return structs.replace(
        trial,
        samples=tuple(
            Sample(phase.elapsed_ns, phase.requests, phase.warmup)
            for phase in heard.phases
            if phase.loop == "closed" and phase.requests
        ),
        latency=next((one.hdr for one in reversed(heard.phases) if one.loop == "open"), ""),
        phases=tuple(heard.phases),
        load={
            **heard.facts,
            "server_cores": _listed(asking.cores.server),
            "client_cores": _listed(asking.cores.client),
        },
        exit_ns=asked.exit_ns if asking.workload.load and asking.workload.load.drains else None,
        usage=trial.usage | ({} if served_ns is None else {"server_cpu_ns": served_ns}),
        # The few requests of a check are no load, whoever was busy with them.
        warnings=trial.warnings + (() if trial.cell.case == CHECK else heard.warnings()),
    )


def _listed(cores: frozenset[int]) -> str:
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
    bench: Bench,
    blocks: Iterable[Block],
    is_done: Callable[[int, Cell], bool],
    deadline: float,
    store: Callable[[Trial], None],
    observer: Observer,
) -> str:
    """Run blocks until the deadline (of `time.monotonic`). Returns why it ended.

    `is_done` says which trials, by block and cell, a resumed run has already. Only between trials
    is the deadline looked at: a trial that was cut short would have to be thrown away.
    """
    for block in blocks:
        for position, cell in enumerate(block.cells):
            if is_done(block.index, cell):
                continue
            if bench.interrupted():
                return "interrupted"
            if time.monotonic() >= deadline:
                return "budget spent"
            observer.starting(block, position)
            spun = spin() if position == 0 else None  # of a resumed block, it is known already
            trial = bench.trial(cell, block.index, position, observer.waiting)
            if trial is None:
                return "interrupted"
            if spun is not None:
                trial = structs.replace(trial, spin_ns=spun.wall_ns, spin_cpu_ns=spun.cpu_ns)
            store(trial)
            observer.ended(trial)
    return "every headline ratio is as precise as was asked for"
