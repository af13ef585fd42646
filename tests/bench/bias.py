"""Bias of turns: do ratios in turns agree with ratios of long samples taken alone?

Each contrast is measured in blocks of three kinds, in random order: in turns as the workload file
says; alone with the same samples; and alone with long samples, which are the judge: a process that
runs for long is warm, and has the caches to itself. The bias of a kind is the mean, over blocks, of
its log ratio minus that of the judge. How many blocks there are is fixed before.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from scipy import stats

from harness.catalog.contestant import Contestant
from harness.catalog.workload import ModelCase
from harness.measuring.blocks import run_blocks
from harness.measuring.plan import Block, assign
from harness.measuring.processes.running_time import Budget
from harness.results.records import Cell, Status, Trial
from harness.statistics.blocks import BlockValues, pair_blocks
from harness.statistics.metrics import sample_values
from tests.bench import tools
from tests.support.planted.bench import Silent

# Workload -> baseline, and what is compared with it.
_CONTRASTS = {
    "pingpong": ("asyncio", ("uvloop", "trio", "threads", "go")),
    "spawn": ("asyncio", ("trio", "go")),
    "sumsquares": ("sequential", ("processes", "go")),
    "offload": ("asyncio", ("trio", "threads")),
    "filestream": ("asyncio", ("threads",)),
    "echo": ("asyncio", ("uvloop",)),
    "http": ("asyncio", ("uvloop",)),
}
_BLOCKS, _CONFIDENCE = 40, 0.95
_LONG_NS, _LONG_SAMPLES = 200_000_000, 2
_SEED = 5


@dataclass(frozen=True)
class _Kind:
    name: str
    alone: bool
    is_long: bool


_TURNS, _ALONE, _JUDGE = (
    _Kind("in turns", alone=False, is_long=False),
    _Kind("alone", alone=True, is_long=False),
    _Kind("long samples alone", alone=True, is_long=True),
)


def rows() -> Iterator[tuple[str, str, str, bool]]:
    blocks = tools.amount(_BLOCKS, 3)
    comparisons = sum(len(others) for _, others in _CONTRASTS.values())
    for workload, (base, others) in _CONTRASTS.items():
        values = _measure(workload, (base, *others), blocks)
        for other in others:
            logs = {kind: _log_ratios(values[kind], workload, other, base) for kind in values}
            turns, alone = (
                _mean_difference(logs[kind], logs[_JUDGE], comparisons) for kind in (_TURNS, _ALONE)
            )
            yield (
                f"bias of turns: {workload}, {other}/{base}",
                f"ratio {math.exp(fmean(logs[_JUDGE])):.3f} by long samples alone; in turns"
                f" {_describe(*turns)} of that, alone {_describe(*alone)}, over {blocks} blocks",
                f"1 lies in the interval of turns, which allows for {comparisons} comparisons",
                abs(turns[0]) <= turns[1],
            )


def _measure(
    workload: str, models: Sequence[str], blocks: int
) -> dict[_Kind, dict[Contestant, BlockValues]]:
    """Measure the blocks of each kind; returns their values by kind and contestant."""
    draw = random.Random(f"{_SEED} {workload}")
    found: dict[_Kind, dict[Contestant, BlockValues]] = {
        kind: defaultdict(BlockValues) for kind in (_TURNS, _ALONE, _JUDGE)
    }
    for index in range(blocks):
        for kind in draw.sample(list(found), k=len(found)):
            block = _block(workload, draw.sample(list(models), k=len(models)), index, kind)
            cases = {one.cell.contestant: one.case for one in block.assignments}
            for trial in _run(block, kind):
                assert trial.status is Status.OK, trial.message
                this = trial.cell.contestant
                metric = cases[this].workload.headline_metric
                values = sample_values(metric, cases[this], trial)
                found[kind][this].add(index, values, trial.rounds, trial.first_round)
    return found


def _block(workload: str, models: Sequence[str], index: int, kind: _Kind) -> Block:
    workloads = tools.inventory().workloads
    cells = [Cell(Contestant(workload, model), "headline") for model in models]
    assignments = [assign(cell, workloads) for cell in cells]
    if kind.is_long:
        assignments = [replace(one, case=_lengthen(one.case)) for one in assignments]
    return Block(index, workload, "headline", tuple(assignments))


def _lengthen(case: ModelCase) -> ModelCase:
    """Return the case with a few long samples."""
    sampling = replace(case.sampling, min_sample_ns=_LONG_NS, warmup=1, iterations=_LONG_SAMPLES)
    return replace(case, case=replace(case.case, sampling=sampling))


def _run(block: Block, kind: _Kind) -> list[Trial]:
    trials: list[Trial] = []
    runner = tools.inventory().trial_runner(_SEED, lambda: False)
    run_blocks(
        runner,
        [block],
        lambda index, cell: False,
        Budget(600),
        trials.append,
        Silent(),
        alone=kind.alone,
    )
    return trials


def _log_ratios(
    values: dict[Contestant, BlockValues], workload: str, other: str, base: str
) -> list[float]:
    pairs = pair_blocks(*(values[Contestant(workload, model)] for model in (other, base)))
    return [math.log(this / that) for this, that in pairs]


def _mean_difference(
    these: Sequence[float], judge: Sequence[float], comparisons: int
) -> tuple[float, float]:
    """Return the mean difference of paired log ratios, and half the width of its interval.

    The interval is Bonferroni's for so many comparisons.
    """
    differences = [this - that for this, that in zip(these, judge, strict=True)]
    tail = (1 - _CONFIDENCE) / comparisons / 2
    quantile = float(stats.t.ppf(1 - tail, len(differences) - 1))
    return fmean(differences), quantile * stdev(differences) / math.sqrt(len(differences))


def _describe(difference: float, half: float) -> str:
    low, middle, high = (math.exp(difference + side * half) for side in (-1, 0, 1))
    return f"{middle:.3f} [{low:.3f}, {high:.3f}]"
