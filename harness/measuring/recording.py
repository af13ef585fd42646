"""Record traces: run a program once in a fresh process, traced, and find what tracing costs.

Nothing here becomes a trial. The durations in a trace include the cost of tracing.
"""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import psutil
from msgspec import structs

from harness import units
from harness.errors import Exit, Problem
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.traces import events, lanes
from harness.traces.recorded import Cost, Recorded
from harness.traces.records import SCHEMA_VERSION, Heading, Recording
from harness.traces.scene import SCENES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harness.measuring.runners.runner import Runner
    from harness.measuring.trace_plan import TracePlan
    from harness.traces.events import Ended, Event
    from harness.traces.lanes import Trace
    from harness.traces.scene import Scene

PAIRS = 3  # of a traced and an untraced process
_DEADLINE_S = 60.0
_MOST_EVENTS = 2_000_000  # some 300 MB
_MOST_STORED = 2_000  # of a model and scene: a run keeps them all


class Subject(NamedTuple):
    """What to trace: a program on a model, in one case."""

    program: str
    model: str
    params: dict[str, int | str]
    expected: object  # answer; None: any
    runner: Runner
    clock: str = "wall"


class _Run(NamedTuple):
    events: list[Event]
    ended: Ended


def record(
    subject: Subject, interrupted: Callable[[], bool] = lambda: False, pairs: int = PAIRS
) -> Recorded:
    """Trace a program in fresh processes, and run it as often without; the first trace is kept.

    Raises Problem if a run fails, gives a wrong answer or records events that no run can have.
    """
    traced: list[_Run] = []
    plain: list[_Run] = []
    for pair in range(pairs):
        for side in (True, False) if pair % 2 == 0 else (False, True):
            (traced if side else plain).append(_run(subject, interrupted, traced=side))
    kept = traced[0]
    trace = _build(subject, kept)
    return Recorded(
        subject.model, trace, kept.ended.cpu_ns, kept.ended.sees, _compare(traced, plain)
    )


def record_scene(
    scene: Scene, planned: TracePlan, interrupted: Callable[[], bool] = lambda: False
) -> Iterator[Recording]:
    """Trace a scene once on each model, to be stored; a model that fails does not end it.

    Raises Problem if it is interrupted.
    """
    for model, reason in planned.missing.items():
        yield Recording(scene.id, model, missing=units.one_line(reason))
    for subject in planned.subjects:
        try:
            yield _to_store(scene, subject, _run(subject, interrupted, traced=True))
        except Problem as problem:
            if problem.code is not Exit.FAILED:
                raise
            yield Recording(scene.id, subject.model, missing=units.one_line(str(problem)))


def create_heading(scenes: Iterable[str]) -> Heading:
    """Return the first line of the file of these scenes."""
    return Heading(
        schema_version=SCHEMA_VERSION,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        system=platform.platform(),
        logical_cores=os.cpu_count() or 1,
        scenes={id_: (SCENES / f"{id_}.toml").read_text(encoding="utf-8") for id_ in scenes},
    )


def _to_store(scene: Scene, subject: Subject, run: _Run) -> Recording:
    """Return a recording whose clock begins with the run. Raises Problem if it makes no sense."""
    _build(subject, run)
    if len(run.events) > _MOST_STORED:
        number = units.format_count(len(run.events), "event")
        raise Problem(f"{number}, expected at most {_MOST_STORED:,} to store", Exit.FAILED)
    ended = run.ended
    return Recording(
        scene.id,
        subject.model,
        ended.end_ns - ended.start_ns,
        ended.cpu_ns,
        ended.sees,
        tuple(structs.replace(event, ns=event.ns - ended.start_ns) for event in run.events),
    )


def _build(subject: Subject, run: _Run) -> Trace:
    try:
        return lanes.build(run.events, run.ended.start_ns, run.ended.end_ns)
    except lanes.BrokenTraceError as error:
        raise Problem(
            f"{subject.program} on {subject.model}: the recording makes no sense: {error}",
            Exit.FAILED,
        ) from None


def _compare(traced: list[_Run], plain: list[_Run]) -> Cost:
    def ratio(of: Callable[[Ended], int]) -> float:
        ours, theirs = (median(of(run.ended) for run in side) for side in (traced, plain))
        return ours / max(theirs, 1)

    return Cost(ratio(lambda ended: ended.end_ns - ended.start_ns), ratio(lambda one: one.cpu_ns))


def _run(subject: Subject, interrupted: Callable[[], bool], *, traced: bool) -> _Run:
    """Run the program once in a fresh process. Raises Problem."""
    runner = subject.runner
    request = events.Request(
        subject.program, subject.model, subject.params, traced, clock=subject.clock
    )
    transcript = _Transcript()
    result = child.run(
        runner.trace,
        create_environment(runner.env),
        events.encode(request),
        child.Limits(_DEADLINE_S, psutil.virtual_memory().available // 2),
        transcript.receive,
        interrupted,
        folder=runner.folder,
    )
    where = f"{subject.program} on {subject.model}"
    if result.stopped == "interrupt":
        raise Problem("interrupted", Exit.INTERRUPTED)
    if transcript.error or result.stopped:
        raise Problem(f"{where}: {transcript.error or result.stopped}", Exit.FAILED)
    if transcript.ended is None:
        said = units.one_line(result.stderr_end[-200:]) or "nothing"
        raise Problem(
            f"{where}: the process ended with {result.returncode} before the trace was complete;"
            f" it said: {said}",
            Exit.FAILED,
        )
    answer = transcript.ended.answer
    if subject.expected is not None and answer != subject.expected:
        raise Problem(
            f"{where}: found the answer {answer}, expected {subject.expected}", Exit.FAILED
        )
    return _Run(transcript.events, transcript.ended)


class _Transcript:
    """What a traced run has sent so far."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ended: Ended | None = None
        self.error = ""

    def receive(self, line: bytes) -> str:
        """Handle one line. Returns why to stop the run, or an empty text."""
        try:
            message = events.decode(line)
        except Problem as problem:
            return str(problem)
        match message:
            case events.Events(some):
                self.events += some
                if len(self.events) > _MOST_EVENTS:
                    return f"more than {_MOST_EVENTS:,} events; choose a smaller case with --case"
            case events.Failed(text):
                self.error = units.one_line(text)
            case events.Ended():
                self.ended = message
        return ""
