"""Small records, a small workload and small conversations, for the tests to change one thing of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis, WorkloadResult
from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE
from harness.measuring.plan import assign
from harness.measuring.processes.child import ChildResult
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import Offer
from harness.measuring.runners.transcript import Transcript
from harness.results.records import (
    SCHEMA_VERSION,
    Cell,
    Machine,
    Run,
    RunnerFacts,
    Sample,
    Status,
    Trial,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.catalog.workload import Workload
    from harness.measuring.plan import Assignment
    from harness.results.records import AbsentCell

# Everything that a workload file can say, once.
WORKLOAD = """\
title = "Demo"
question = "What does a demo cost?"
shape = "makespan"
rules = ["Wait.", "Answer."]

[params.tasks]
unit = "tasks"
min = 1
max = 1_000
meaning = "how many tasks wait"

[params.wait_ns]
unit = "ns"
min = 1_000_000
max = 1_000_000_000
meaning = "how long each waits"

[work]
operations = "tasks"
ideal_ns = "wait_ns"

[work.ideal_ns_of]
sequential = "tasks * wait_ns"

[oracle]
value = "2 * tasks"

[observed.in_flight]
expected = 3
expected_of = { sequential = 1 }

[cases.check]
params = { tasks = 3, wait_ns = 5_000_000 }
expect = 6

[cases.headline]
params = { tasks = 10, wait_ns = 50_000_000 }
warmup = 1
iterations = 2
min_sample_ms = 20
timeout_s = 40

[sweep]
param = "tasks"
values = [1, 10, 100]
thorough = [1_000]
iterations = 1
timeout_s = 60

[metrics.elapsed]
label = "elapsed time"
unit = "ns"
better = "lower"
formula = "elapsed_ns"

[metrics.speedup]
label = "speed-up over one at a time"
unit = "x"
better = "higher"
formula = "elapsed_ns"
baselines = ["sequential", "go-1cpu"]

[metrics.cores]
label = "cores kept busy"
unit = "cores"
better = "higher"
formula = "cpu_ns / elapsed_ns"

[not_applicable]
scratch = "it is not for this"

[[limits]]
model = "threads"
param = "tasks"
most = 10
reason = "the system stops it"

[[contrasts]]
this = "threads"
to = "asyncio"
"""
GROUPS = """
[[groups]]
label = "idiomatic"
variants = ["", "pinned"]

[[groups]]
label = "floor"
variants = ["locks"]
"""

RUNNERS = (
    RunnerFacts("python", "python", "3.11", ("sequential", "asyncio", "trio", "threads")),
    RunnerFacts("go", "go", "1.26", ("go", "go-1cpu")),
)

# What a trial that failed has otherwise; its sample must enter nothing.
CRASHED = {"status": Status.CRASH, "message": "it hurts", "samples": (Sample(1, 10, cpu_ns=1),)}


def examples(most: int) -> settings:
    """Return settings that find the same in every run, and never look at a clock."""
    return settings(
        max_examples=most,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],  # of making examples, by the clock
    )


def workload(text: str = WORKLOAD, id_: str = "demo") -> Workload:
    return workload_file.parse(id_, text, f"{id_}.toml")


def who(model: str = "asyncio", variant: str = "") -> Contestant:
    return Contestant("demo", model, variant)


def assignment(
    model: str = "asyncio", case: str = HEADLINE, of: Workload | None = None
) -> Assignment:
    return assign(cell(model, case), {"demo": of or workload()})


def cell(model: str = "asyncio", case: str = HEADLINE, variant: str = "") -> Cell:
    return Cell(who(model, variant), case)


def trial(
    of: Cell | str = "asyncio",
    block: int = 0,
    elapsed_ns: int = 50_000_000,
    status: Status = Status.OK,
    **more: Any,
) -> Trial:
    """Return a trial with one sample, or with those in `more`."""
    fields = {
        "position": 0,
        "started_at": "2026-01-02T03:04:05.678+00:00",
        "wall_ns": 10**9,
        "samples": (Sample(elapsed_ns, 10),),
        **more,
    }
    return Trial(cell=cell(of) if isinstance(of, str) else of, block=block, status=status, **fields)


def trials(of: Cell | str, values: Iterable[int], **more: Any) -> list[Trial]:
    """Return one trial a block, each with the elapsed time given."""
    return [trial(of, block, value, **more) for block, value in enumerate(values)]


def run(
    cells: Sequence[Cell] = (),
    absent: Sequence[AbsentCell] = (),
    workloads: Mapping[str, str] | None = None,
    id_: str = "20260102T030405Z-host",
) -> Run:
    return Run(
        schema_version=SCHEMA_VERSION,
        id=id_,
        started_at="2026-01-02T03:04:05+00:00",
        seed=7,
        profile="quick",
        budget_s=120.0,
        precision=0.03,
        machine=Machine("host", "Linux", "a cpu", 2, 2**33),
        runners=RUNNERS,
        workloads={"demo": WORKLOAD} if workloads is None else dict(workloads),
        cells=tuple(cells),
        absent=tuple(absent),
    )


def analysed(*of: Trial, absent: tuple[AbsentCell, ...] = (), text: str = WORKLOAD) -> Analysis:
    cells = dict.fromkeys(measured.cell for measured in of)
    return analyse(run(list(cells), absent, {"demo": text}), of)


def result(*of: Trial, absent: tuple[AbsentCell, ...] = (), text: str = WORKLOAD) -> WorkloadResult:
    return analysed(*of, absent=absent, text=text).workloads["demo"]


def conversation(
    of: Workload,
    case: str = HEADLINE,
    *,
    wrong: Mapping[str, Sequence[protocol.Message]] | None = None,
    finished: bool = True,
) -> Transcript:
    """Return what a good trial of a case says; `wrong` has what is said of a case instead."""
    request = protocol.create_request(who(), assignment(case=case, of=of).cases, 7)
    said = Transcript(request.cases)
    said.receive(protocol.Started(protocol.PROTOCOL))
    for asked in request.cases:
        instead = (wrong or {}).get(asked.id)
        for message in good_messages(of, asked.id) if instead is None else instead:
            said.receive(message)
    if finished:
        said.receive(protocol.Finished())
    return said


def good_messages(
    of: Workload,
    case: str,
    *,
    elapsed_ns: int | None = None,
    answer: Any = None,
    observed: Mapping[str, int] | None = None,
) -> list[protocol.Message]:
    """Return the samples of a case and its outcome; what is given replaces what is right."""
    resolved = of.cases[case]
    ideal = of.compute_ideal_ns(resolved, "asyncio") or 0
    value = of.resolve(case, "asyncio").expected if answer is None else answer
    samples: list[protocol.Message] = [
        protocol.SampleTaken(
            case,
            iteration,
            ideal if elapsed_ns is None else elapsed_ns,
            of.count_operations(resolved),
            warmup=iteration < resolved.sampling.warmup,
        )
        for iteration in range(resolved.sampling.warmup + resolved.sampling.iterations)
    ]
    seen = {"in_flight": 3} if observed is None else dict(observed)
    return [*samples, protocol.Outcome(case, protocol.digest(value), str(value), seen)]


def ended(
    returncode: int = 0, stopped: str = "", wall_ns: int = 10**12, left: int = 0
) -> ChildResult:
    return ChildResult(returncode, wall_ns, 0, "", stopped, left)


def offer(
    model: str, workload_id: str = "demo", variant: str = "", unavailable: str | None = None
) -> Offer:
    source = f"{workload_id}/{model}{variant}"
    return Offer(Contestant(workload_id, model, variant), "a runner", source, unavailable)
