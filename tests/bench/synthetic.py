"""Runs that nobody measured, of any size: as real in form as can be, and seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from harness.catalog.contestant import Contestant
from harness.catalog.workload import HEADLINE, MODELS
from harness.measuring import plan
from harness.results import store
from harness.results.records import Cell, Run, RunnerFacts, Sample, Status, Trial
from tests.support import factories, scenes

_POOL = 200  # sets of samples that are drawn from: to make each anew would take longer than reading
_BETWEEN, _WITHIN = 0.05, 0.02  # how far processes differ, and samples inside one
_MIDDLE_NS = 10**10  # above the ideal of any workload, so that no cost is negative


def run_of(workloads: int, contestants: int) -> Run:
    """Return a run of that many cells, all headlines; the A/A control is one of the contestants."""
    others = contestants - len(MODELS) - 1
    models = (*MODELS, *(f"outside-{number}" for number in range(others)))
    ids = [f"w{number}" for number in range(workloads)]
    cells = [Cell(Contestant(id_, model), HEADLINE) for id_ in ids for model in models]
    cells += [Cell(Contestant(id_, "asyncio"), HEADLINE, control=True) for id_ in ids]
    run = factories.run(cells, workloads=dict.fromkeys(ids, factories.WORKLOAD))
    return msgspec.structs.replace(run, runners=(RunnerFacts("python", "python", "3", models),))


def trials(run: Run, samples: int, seed: int = 1) -> Iterator[Trial]:
    """Yield block after block of each case in turn, without an end."""
    draw = random.Random(seed)
    pool = [_samples(draw, samples) for _ in range(_POOL)]
    places = plan.group_by_case(run.cells)
    block = 0
    while True:
        for cells in places.values():
            for position, cell in enumerate(cells):
                taken = draw.choice(pool)
                yield Trial(
                    cell=cell,
                    block=block,
                    position=position,
                    status=Status.OK,
                    started_at="2026-01-02T03:04:05.678+00:00",
                    wall_ns=10**9 + draw.getrandbits(28),
                    samples=taken,
                    digest="5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
                    observed={"in_flight": 3},
                    facts={"pid": 4321, "hash_seed": "1234567890", "start_method": "forkserver"},
                    usage={"peak_bytes": 2**24 + draw.getrandbits(20), "user_ns": 10**8},
                    cpu_ns=10**9,
                )
            block += 1


def write(run: Run, folder: Path, *, samples: int, count: int = 0, size: int = 0) -> int:
    """Write that many trials, or as many as fill a file of a size. Returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / store.RUN_FILE).write_bytes(msgspec.json.encode(run))
    written = length = 0
    with (folder / store.TRIALS_FILE).open("wb", buffering=2**20) as file:
        for trial in trials(run, samples):
            length += file.write(msgspec.json.encode(trial) + b"\n")
            written += 1
            if written == count or 0 < size <= length:
                break
    return written


def full(folder: Path, *, blocks: int, samples: int) -> int:
    """Write a run of all our workloads and models, with a speed probe before each block.

    Returns how many trials it has.
    """
    chosen = list(scenes.workloads().values())
    run = scenes.planned(chosen)
    folder.mkdir(parents=True)
    (folder / store.RUN_FILE).write_bytes(msgspec.json.encode(run))
    count = 0
    with (folder / store.TRIALS_FILE).open("wb", buffering=2**20) as file:
        for one in scenes.trials(
            run, chosen, blocks, scenes.Otherwise(scenes.probed), every_case=True
        ):
            trial = msgspec.structs.replace(one, samples=one.samples * samples)
            file.write(msgspec.json.encode(trial) + b"\n")
            count += 1
    return count


def _samples(draw: random.Random, count: int) -> tuple[Sample, ...]:
    process = draw.lognormvariate(0, _BETWEEN)
    times = (round(_MIDDLE_NS * process * draw.lognormvariate(0, _WITHIN)) for _ in range(count))
    return tuple(Sample(elapsed, 10, cpu_ns=elapsed // 2) for elapsed in times)
