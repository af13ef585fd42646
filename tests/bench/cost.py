"""Where the time of a block goes, by phase, and what five blocks of every headline case cost.

Of each headline case three blocks are measured here: the first one, in which contestants show that
their time grows with their work; the second, in which long rounds may be repeated to learn how
noisy they are; and the third. Five blocks are these and two like the third. Drawing is not included
(`first-look` times a whole run). On a machine that does other work, look at CPU times and at the
samples, whose length is planned.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from harness.claims import ledger
from harness.measuring import turns
from harness.measuring.allocate import Allocator
from harness.measuring.blocks import run_blocks
from harness.measuring.plan import PROFILES, Block, RunSelection
from harness.measuring.processes.running_time import Budget
from harness.measuring.trials import TrialRunner
from harness.results.records import Trial
from tests.bench import tools
from tests.support.planted.bench import Silent

_PROFILE = PROFILES["quick"]
_PRECISION = 0.03
_BLOCKS, _MEASURED = 5, 3
# The bar for all was set for 27 workloads; these have come since.
_LATER = ("pickling", "speedup")
_ELEVEN = (
    *("footprint", "pingpong", "kitchen", "noop", "sumsquares", "heartbeat", "timers", "fanout"),
    *("echo", "http", "drain"),
)
_ELEVEN_BAR_S, _ALL_BAR_S = 240.0, 600.0
_PHASES = {"start": "_start", "rounds": "_take_rounds", "end": "end"}  # methods of a block's turns


@dataclass
class Cost:
    """What a block took, in seconds. Phases are those of contestants that take turns."""

    contestants: int = 0
    rounds: int = 0
    wall: float = 0.0
    start: float = 0.0  # until all are warm: import, check case, looks, warm-up
    rounds_wall: float = 0.0  # run-up, hand-over and samples
    end: float = 0.0
    samples: float = 0.0
    harness_cpu: float = 0.0
    children_cpu: float = 0.0
    bad: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The phases in one line."""
        other = self.wall - self.start - max(self.rounds_wall, self.samples) - self.end
        return (
            f"{self.wall:5.1f} s = start {self.start:.2f} + samples {self.samples:.2f} + between"
            f" {max(0.0, self.rounds_wall - self.samples):.2f} + end {self.end:.2f} + other"
            f" {other:.2f}; {self.contestants} contestants, {self.rounds} rounds; CPU: children"
            f" {self.children_cpu:.2f}, harness {self.harness_cpu:.2f}"
            + "".join(f"; {one}" for one in self.bad)
        )


def rows() -> Iterator[tuple[str, str, str, bool]]:
    inventory = tools.inventory()
    few = ("noop", "drain")[: tools.amount(0, 2)]  # none selects all
    cells, _ = inventory.plan_cells(RunSelection(few), _PROFILE)
    urgent = ledger.list_cells(ledger.load())  # as a run does, for the same contestants
    plan = Allocator(cells, inventory.workloads, 1, _PROFILE, _PRECISION, urgent)
    runner = inventory.trial_runner(1, lambda: False)
    found: defaultdict[str, list[Cost]] = defaultdict(list)
    workloads = {cell.workload for cell in cells}
    for block in plan.blocks():
        if block.index == _MEASURED * len(workloads):
            break
        found[block.workload].append(_measure(runner, block, plan.record))
    for id_, costs in sorted(found.items()):
        for number, cost in enumerate(costs, 1):
            yield f"{id_}: block {number}", cost.text, "part of the sums", True
    for ids, bar_s in (
        (workloads.intersection(_ELEVEN), _ELEVEN_BAR_S),
        (workloads.difference(_LATER), _ALL_BAR_S),
    ):
        costs = [cost for id_ in ids for cost in _extrapolate(found[id_])]
        first_s = sum(found[id_][0].wall for id_ in ids)
        five_s = sum(cost.wall for cost in costs)
        yield (
            f"{_BLOCKS} blocks of {len(ids)} headline cases, without drawing",
            f"{five_s:.0f} s, the first of each {first_s:.0f} s; {_total(costs)}",
            f"at most {bar_s:.0f} s",
            five_s <= bar_s,
        )


def _extrapolate(costs: list[Cost]) -> list[Cost]:
    """Return five blocks: those that were measured, and more like the last of them."""
    return costs + (_BLOCKS - len(costs)) * costs[-1:]


def _total(costs: list[Cost]) -> str:
    """Return the phases of blocks, in sum."""
    names = ("start", "samples", "rounds_wall", "end", "harness_cpu", "children_cpu")
    sums = {name: sum(getattr(cost, name) for cost in costs) for name in names}
    return ", ".join(f"{name.replace('_', ' ')} {value:.0f}" for name, value in sums.items())


def _measure(runner: TrialRunner, block: Block, record: Callable[[Trial], str]) -> Cost:
    """Run a block, and account for it."""
    trials: list[Trial] = []

    def store(trial: Trial) -> str:
        trials.append(trial)
        return record(trial)

    with _phases() as seconds:
        wall, cpu = time.perf_counter(), time.process_time()
        run_blocks(runner, [block], lambda *_: False, Budget(3600), store, Silent())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Cost(
        contestants=len(trials),
        rounds=max(trial.rounds for trial in trials),
        wall=wall,
        start=seconds["start"],
        rounds_wall=seconds["rounds"],
        end=seconds["end"],
        samples=sum(map(_sampled_ns, trials)) / 1e9,
        harness_cpu=cpu,
        children_cpu=sum(trial.cpu_ns or 0 for trial in trials) / 1e9,
        bad=[f"{one.cell.name}: {one.status.label}" for one in trials if one.status != "ok"],
    )


def _sampled_ns(trial: Trial) -> int:
    """Return how long the samples of a trial took, or the phases of load on a server."""
    spans = trial.phases or trial.samples
    return sum(span.elapsed_ns for span in spans if not span.warmup)


@contextmanager
def _phases() -> Iterator[defaultdict[str, float]]:
    """Yield how long each phase of the turns has taken, in seconds."""
    seconds: defaultdict[str, float] = defaultdict(float)
    with ExitStack() as patches:
        for phase, name in _PHASES.items():
            method = _timed(getattr(turns._Turns, name), phase, seconds)
            patches.enter_context(patch.object(turns._Turns, name, method))
        yield seconds


def _timed(
    method: Callable[..., Any], phase: str, seconds: defaultdict[str, float]
) -> Callable[..., Any]:
    def timed(*arguments: Any) -> Any:
        began = time.perf_counter()
        try:
            return method(*arguments)
        finally:
            seconds[phase] += time.perf_counter() - began

    return timed
