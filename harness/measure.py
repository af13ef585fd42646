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

from harness import child, protocol, units, verdict
from harness.machine import Weather
from harness.records import Cell, Sample, Status, Trial
from harness.spin import spin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.plan import Block
    from harness.runners import Runner
    from harness.workload import Workload

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

    def trial(
        self, cell: Cell, block: int, position: int, on_tick: Callable[[], None] = lambda: None
    ) -> Trial | None:
        """Run one trial. None if it was interrupted: then nothing was measured."""
        workload = self.workloads[cell.workload]
        case = workload.cases[cell.case]
        runner = self.runner_of(cell)
        # A generator a trial, so that a resumed run draws what the first would have drawn.
        draw = random.Random(f"{self.seed} {block} {cell}")
        request = protocol.request_for(
            workload, case, cell.model, cell.variant, draw.getrandbits(31)
        )
        said = protocol.Conversation(request.cases)
        violation = ""

        def on_line(line: bytes) -> str:
            nonlocal violation
            try:
                said.hear(protocol.decode_message(line))
            except protocol.ProtocolError as error:
                violation = str(error)
                return "violation"
            return ""

        before = Weather.now()
        started_at = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            ended = child.run(
                [*runner.command, "run"],
                _environment(runner, draw),
                protocol.encode_request(request),
                child.Limits(case.sampling.timeout_s, self.memory_bytes),
                on_line,
                self.interrupted,
                on_tick,
                runner.folder,
            )
        except OSError as error:
            ended = child.Ended(_CANNOT_START, 0, 0, f"cannot be started: {error}")
        if ended.stopped == "interrupt":
            return None
        if ended.stopped and not violation and ended.stopped not in ("timeout", "memory"):
            violation = ended.stopped
        status, message = verdict.judge(workload, case, cell.model, said, ended, violation)
        outcomes = said.outcomes[case.id]
        return Trial(
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
            warnings=verdict.warnings(said, ended),
            disturbed=Weather.now().since(before, ended.wall_ns / 1e9, os.cpu_count() or 1),
        )


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
    done: set[tuple[int, Cell]],
    deadline: float,
    store: Callable[[Trial], None],
    observer: Observer,
) -> str:
    """Run blocks until the deadline (of `time.monotonic`). Returns why it ended.

    `done` are the trials a resumed run has already. Only between trials is the deadline looked
    at: a trial that was cut short would have to be thrown away.
    """
    for block in blocks:
        for position, cell in enumerate(block.cells):
            if (block.index, cell) in done:
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
