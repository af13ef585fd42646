"""Constructed runs: what a run could have found, without measuring, by the names of tests."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from unittest import mock

from hdrh.histogram import HdrHistogram
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis
from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE, MODELS, Workload, order_models
from harness.measuring import plan
from harness.measuring.runners.runner import Offer
from harness.paths import WORKLOADS
from harness.results.records import (
    CLIENT_LIMITED,
    SCHEMA_VERSION,
    Cell,
    Growth,
    Machine,
    Parked,
    Phase,
    Run,
    RunnerFacts,
    Sample,
    Status,
    Trial,
)
from harness.statistics import estimates

MS_100 = 100_000_000
GO = ("go-1cpu", "go")
PYTHON = tuple(model for model in MODELS if model not in GO)
LOOPS = ("asyncio", "asyncio-eager", "uvloop")
VARIANTS = {
    "pingpong": dict.fromkeys(LOOPS, ("futures",)),
    "sumsquares": dict.fromkeys(
        (*LOOPS, "trio", "anyio-asyncio", "anyio-trio"), ("processes", "threads")
    ),
}
# What an operation costs in the cheapest model; every next model costs a third more.
NS_AN_OPERATION = {"fanout": 9_000, "kitchen": 80_000, "noop": 50, "pingpong": 800, "sumsquares": 4}
LONG = "TaskGroup: 3 sub-exceptions: [ConnectionResetError(104, 'Connection reset by peer')] " * 12
# A terminal's colours, mathematics, other scripts, and what XML holds dear.
# One or more of each kind of figure, and too many for the figure that an overview of few is.
MANY = (
    *("kitchen", "fanout", "sumsquares", "pingpong", "echo", "http", "drain", "heartbeat"),
    *("timers", "footprint", "ceiling", "counter", "mixed", "noop"),
)
LARGE = ("everything", "many workloads")  # scenes that are laid out in seconds
STRANGE = "found $_{x in $HOME: \x1b[31mred\x1b[0m \x00 \u4f60\u597d \U0001f40c & <b>, expected 20"


class Fate:
    """What happens to every trial; a scene changes one thing of it."""

    def of(self, workload: Workload, cell: Cell, block: int) -> Trial | None:
        """Return the trial of a cell in a block; None where it was not measured."""
        case = workload.cases[cell.case]
        operations = workload.count_operations(case)
        place = order_models([cell.model]).index(cell.model)
        noise = random.Random(f"{cell} {block}").uniform(0, 0.05)
        work = operations * NS_AN_OPERATION.get(cell.workload, 1_000) * 1.33**place * (1 + noise)
        elapsed = (workload.resolve(case.id, cell.model).ideal_ns or 0) + round(work)
        usual = trial(cell, block, elapsed, cpu_ns=round(work * (0.9 - noise)))
        cost = 1.33**place * (1 + noise)
        return shaped(counted(usual, workload, cost), workload, cost)


class Otherwise(Fate):
    """As usual, but for the trials that `change` has another word on."""

    def __init__(self, change: Callable[[Trial], Trial | None]) -> None:
        self.change = change

    def of(self, workload: Workload, cell: Cell, block: int) -> Trial | None:
        usual = super().of(workload, cell, block)
        assert usual is not None
        return self.change(usual)


def trial(cell: Cell, block: int, elapsed_ns: int, cpu_ns: int | None = None) -> Trial:
    return Trial(
        cell=cell,
        block=block,
        position=0,
        status=Status.OK,
        started_at="2026-01-02T03:04:05.678+00:00",
        wall_ns=10**9,
        samples=(Sample(elapsed_ns, _operations(cell), cpu_ns=cpu_ns),),
        usage={"peak_bytes": 20 * 2**20},
    )


def counted(usual: Trial, workload: Workload, cost: float) -> Trial:
    """Add the counters that the metrics of a workload are computed from."""
    used = set().union(*(metric.formula.names for metric in workload.metrics.values()))
    counters = [one.name for one in workload.observations if one.name in used]
    return structs.replace(usual, observed=dict.fromkeys(counters, round(10_000 * cost)))


def shaped(usual: Trial, workload: Workload, cost: float) -> Trial:
    """Add to a trial what its workload's shape has besides samples."""
    if workload.shape not in ("footprint", "latency", "server"):
        return usual
    case = workload.cases[usual.cell.case]
    told = waits(cost)
    if workload.shape == "latency":
        return structs.replace(usual, latency=told)
    if workload.shape == "footprint":
        parked = tuple(
            Parked(n, 9_000_000 + round(1_000 * n * cost), 9_000 * n) for n in (500, 1_000, 1_500)
        )
        return structs.replace(usual, parked=parked)
    if workload.shape != "server":
        return usual
    if case.ladder:
        phases = tuple(
            Phase("ladder", 20 * MS_100, 2 * rate, rate, hdr=told, saturated=rate > 20_000 / cost)
            for rate in (1_000, 2_000, 4_000, 8_000)
        )
        return structs.replace(usual, samples=(), phases=phases)
    phase = Phase("open", MS_100, 400, case.rate_per_s, hdr=told)
    exit_ns = round(20_000_000 * cost) if workload.load and workload.load.drains else None
    latency = told if case.rate_per_s else ""
    return structs.replace(usual, phases=(phase,), latency=latency, exit_ns=exit_ns)


def waits(cost: float) -> str:
    """Return a distribution with a tail, all of it in proportion to the cost."""
    counted = HdrHistogram(1, 120_000_000_000, 3)
    for step in range(200):
        counted.record_value(round(50_000 * cost * (1 + step / 50 + (step > 190) * step)))
    return counted.encode().decode()


def probed(usual: Trial) -> Trial:
    """Add the speed probe of each block; the machine slows down now and then."""
    if usual.cell.model != "asyncio":
        return usual
    took = 1_000_000 + 7_000 * (usual.block * 5 % 7) + (usual.block == 3) * 400_000
    at = usual.started_at.replace("03:04", f"03:{4 + usual.block % 50:02}")
    return structs.replace(usual, started_at=at, probe_ns=took, probe_cpu_ns=980_000)


def failed(usual: Trial, status: Status, message: str) -> Trial:
    return Trial(usual.cell, usual.block, 0, status, usual.started_at, usual.wall_ns, message)


def alike(usual: Trial) -> Trial:
    """Take the differences between models away, but for how long each waits."""
    resolved = workloads()[usual.cell.workload].resolve(usual.cell.case, usual.cell.model)
    beyond = 10**9 + 10**6 * (usual.block * 7 % 5)
    return trial(usual.cell, usual.block, (resolved.ideal_ns or 0) + beyond, 10**9)


@cache
def workloads() -> dict[str, Workload]:
    return workload_file.load_folder(WORKLOADS)


def _operations(cell: Cell) -> int:
    known = workloads().get(cell.workload)
    return known.count_operations(known.cases[cell.case]) if known else 1


def scene(
    of: Sequence[str] = ("fanout",),
    *,
    models: Sequence[str] = (),
    blocks: int = 6,
    fate: Fate | None = None,
    missing: Mapping[str, str] | None = None,
    extra: Iterable[Workload] = (),
    outside: Sequence[str] = (),
    every_case: bool = False,
    profile: str = "standard",
    maps: bool = False,
) -> Analysis:
    """Return the analysis of a run over workloads `of` this project and `extra` ones.

    Only the headline case has more than one block, but with `every_case`. The many points of grids
    are there with `maps` only.
    """
    chosen = [*(workloads()[id_] for id_ in of), *extra]
    run = planned(chosen, models, missing, outside, profile, maps=maps)
    found = trials(run, chosen, blocks, fate, every_case=every_case)
    # Ten thousand resamples show a figure nothing that two hundred do not.
    with mock.patch.object(estimates, "RESAMPLES", 200):
        return analyse(run, found)


def planned(
    chosen: Sequence[Workload],
    models: Sequence[str] = (),
    missing: Mapping[str, str] | None = None,
    outside: Sequence[str] = (),
    profile: str = "standard",
    *,
    maps: bool = False,
) -> Run:
    """Return a run over some workloads, as it is decided before its first trial."""
    cells, absent = plan.plan_cells(
        chosen,
        plan.RunSelection(models=tuple(models)),
        [
            *_offers(chosen, missing or {}),
            *(
                Offer(Contestant(workload.id, model), "js", "here")
                for workload in chosen
                for model in outside
            ),
        ],
        missing or {},
        plan.PROFILES[profile],
        order_models(outside),
    )
    points = set().union(*(one.grid_cases for one in chosen)) if not maps else set()
    cells = [cell for cell in cells if cell.case not in points]
    return Run(
        schema_version=SCHEMA_VERSION,
        id="20260102T030405Z-host",
        started_at="2026-01-02T03:04:05+00:00",
        seed=7,
        profile=profile,
        budget_s=300.0,
        precision=0.03,
        machine=Machine("host", "Linux 6.1", "Some Processor 9000 at 3 GHz", 8, 2**34, 0.1, "kvm"),
        runners=(
            RunnerFacts(
                "python",
                "python",
                "3.13.1",
                PYTHON,
                {"uvloop": "0.21.0", "trio": "0.30.0", "start_method": "forkserver"},
            ),
            RunnerFacts("go", "go", "go1.26.0", GO),
            *([RunnerFacts("js", "javascript", "v24", tuple(outside))] if outside else []),
        ),
        workloads={workload.id: workload.text for workload in chosen},
        cells=tuple(cells),
        absent=tuple(absent),
    )


def trials(
    run: Run,
    chosen: Sequence[Workload],
    blocks: int,
    fate: Fate | None = None,
    *,
    every_case: bool = False,
) -> Iterator[Trial]:
    """Yield what is found of each cell, in the blocks that it has."""
    by_id = {workload.id: workload for workload in chosen}
    for cell in run.cells:
        for block in range(blocks if every_case or cell.case == HEADLINE else min(blocks, 1)):
            found = (fate or Fate()).of(by_id[cell.workload], cell, block)
            if found is not None:
                yield found


def _offers(chosen: Iterable[Workload], missing: Mapping[str, str]) -> list[Offer]:
    return [
        Offer(Contestant(workload.id, model, variant), "go" if model in GO else "python", "here")
        for workload in chosen
        for model in MODELS
        if model not in workload.not_applicable and model not in missing
        for variant in ("", *VARIANTS.get(workload.id, {}).get(model, ()))
    ]


def _of_trio(status: Status, message: str, *, every: int = 1) -> Fate:
    def change(usual: Trial) -> Trial:
        hit = usual.cell.model == "trio" and usual.block % every == 0
        return failed(usual, status, message) if hit else usual

    return Otherwise(change)


def _below_the_ideal(usual: Trial) -> Trial:
    """Let timers end a little early, as they may; for each model a little more."""
    early = 20_000 * MODELS.index(usual.cell.model)
    return trial(
        usual.cell, usual.block, usual.samples[0].elapsed_ns // 10**7 * 10**7 - early, 10**6
    )


def _steady(usual: Trial) -> tuple[int, int]:
    """Return times that two processes in a row differ in by a few parts in ten million."""
    elapsed = 8_000_000 * (1 + MODELS.index(usual.cell.model)) + usual.block
    return elapsed, elapsed - 3 * usual.block


def _with_holes(usual: Trial) -> Trial | None:
    """Leave holes in a sweep: not reached yet, failed at its end, or begun late."""
    model, case = usual.cell.model, usual.cell.case
    if model in LOOPS and case == "tasks-10000":
        return failed(usual, Status.OUT_OF_MEMORY, "exceeded the memory limit of the trial")
    if model == "scratch" and case in ("tasks-10", "tasks-100"):
        return None
    return None if model == "go" and case != HEADLINE else usual


def _without_rank(usual: Trial) -> Trial | None:
    """Let one contestant each be suspect, invalid, client limited, and measured too seldom."""
    model, contestant = usual.cell.model, usual.cell.contestant
    if usual.cell.workload == "echo":
        share = f"{CLIENT_LIMITED}: the load generator used {96 + usual.block % 3}% of its CPU time"
        return structs.replace(usual, warnings=(share,)) if model in ("uvloop", "go") else usual
    if model == "trio" and contestant.is_plain:
        return structs.replace(usual, growth=Growth(2.0, 100.0, 101.0))
    if model == "go":
        problem = "sample 1: found 0 ns, expected more than 0"
        return failed(usual, Status.INVALID, problem) if usual.block else usual
    return None if model == "threads" and usual.block > 2 else usual


def _another(id_: str, **changes: str) -> Workload:
    """Return a workload as somebody could add one: `noop`, in other words."""
    text = workloads()["noop"].text.replace("floor = true\n", "")
    for key, value in changes.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{key} = ")]
        text = text.replace(line, f'{key} = "{value}"')
    return workload_file.parse(id_, text, f"{id_}.toml")


# One workload of each shape, and of each kind of figure.
SHAPES = ("echo", "fanout", "footprint", "heartbeat", "kitchen", "sumsquares")
SCENES: dict[str, Callable[[], Analysis]] = {
    "everything": lambda: scene(tuple(workloads())),
    "many workloads": lambda: scene(MANY),
    "each shape": lambda: scene(SHAPES),
    "too few blocks": lambda: scene(("kitchen",), blocks=3),
    "one model always fails": lambda: scene(
        ("sumsquares",), fate=_of_trio(Status.WRONG_ANSWER, "found 21, expected 20")
    ),
    "one model fails now and then": lambda: scene(
        ("kitchen",), fate=_of_trio(Status.TIMEOUT, "not finished after 30 s", every=4)
    ),
    "everything fails": lambda: scene(
        fate=Otherwise(lambda usual: failed(usual, Status.CRASH, "ended with exit code 1"))
    ),
    "nothing measured yet": lambda: scene(blocks=0),
    "only trio": lambda: scene(models=("trio",)),
    "only asyncio": lambda: scene(("sumsquares", "pingpong"), models=("asyncio",)),
    "values below zero": lambda: scene(("fanout", "kitchen"), fate=Otherwise(_below_the_ideal)),
    "values of zero": lambda: scene(
        ("sumsquares", "counter"),
        fate=Otherwise(
            lambda usual: structs.replace(
                trial(usual.cell, usual.block, usual.samples[0].elapsed_ns, 0),
                observed=dict.fromkeys(usual.observed, 0),
            )
        ),
    ),
    "all alike": lambda: scene(fate=Otherwise(alike)),
    "intervals of next to nothing": lambda: scene(
        ("sumsquares",),
        fate=Otherwise(lambda usual: trial(usual.cell, usual.block, *_steady(usual))),
    ),
    "a very long message": lambda: scene(("kitchen",), fate=_of_trio(Status.CRASH, LONG)),
    "a message of strange characters": lambda: scene(
        ("fanout",), fate=_of_trio(Status.CRASH, STRANGE)
    ),
    "a sweep with holes": lambda: scene(("fanout",), fate=Otherwise(_with_holes)),
    "no Go": lambda: scene(
        ("kitchen",),
        missing=dict.fromkeys(GO, "no Go found; install Go, or run `make setup` with a network"),
    ),
    "a workload of many words": lambda: scene(
        ("noop",),
        extra=[
            _another(
                "wordy",
                title="A workload that somebody has added, with many words in its title",
                question="What does it cost, " + "and what does it cost, " * 6 + "in the end?",
                label="time until the last of all operations has come back",
            )
        ],
    ),
    "models from outside": lambda: scene(
        ("noop", "fanout"), outside=("node", "a-name-of-forty-characters-as-long-as-be")
    ),
    "a thorough run of a server": lambda: scene(
        ("echo",), models=("asyncio", "trio"), profile="thorough", fate=Otherwise(probed)
    ),
    "contestants without a rank": lambda: scene(
        ("sumsquares", "echo"), outside=("tokio",), fate=Otherwise(_without_rank)
    ),
    "five workloads": lambda: scene(
        ("noop",),
        models=("sequential", "asyncio"),
        extra=[_another(f"w{i}", title=f"Another one, {i}") for i in range(4)],
    ),
}


@cache
def analysis_of(scene: str) -> Analysis:
    """Return the analysis of a scene, made once for all tests that only read it."""
    return SCENES[scene]()
