"""What the rule for rounds makes of the stored reference run, without measuring anything.

The reference run keeps every round. Resampling its full blocks tells the variance of the ratio of a
block of r rounds; the times of its first and later blocks tell what a start and a round cost. So
one can work out what five blocks of every headline case cost and how precise they are, with the
rounds that the run had and with those that the rule chooses: after the first block from it alone.
Not included: what has become cheaper since the run was measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.catalog.contestant import Contestant
from harness.catalog.workload import BASELINE, HEADLINE, Workload
from harness.catalog.workload_file import load_folder
from harness.paths import ROOT, WORKLOADS
from harness.results import store
from harness.results.records import Cell, Status, Trial
from harness.statistics.metrics import sample_values
from harness.statistics.rounds import DEFAULT_ROUNDS, SOON_ROUNDS, Costs, choose_rounds

_RUN = ROOT / "docs" / "reference-run"
_BLOCKS, _DRAWS, _PRECISION = 5, 60, 0.03
_FEWEST_BLOCKS = 3  # with all rounds of a contrast, for a variance
_TINY = 1e-9  # variance: a ratio that is exact needs no rounds


@dataclass
class _Case:
    """The stored blocks of one headline case."""

    seconds: list[float]  # of each block
    rounds: list[int]
    contrasts: list[list[NDArray[np.float64]]]  # logarithms of ratios: blocks x rounds

    @property
    def costs(self) -> Costs | None:
        """What a start and a round cost; None if all blocks had as many rounds."""
        extra = self.rounds[-1] - self.rounds[0]
        if extra <= 0:
            return None
        one = (float(np.median(self.seconds[1:])) - self.seconds[0]) / extra
        return Costs(self.seconds[0] - self.rounds[0] * one, max(one, 0.0))

    def variance(self, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return the variance of the ratio of a block of so many rounds, of each contrast."""
        return np.array([_resampled(blocks, rounds, rng) for blocks in self.contrasts])

    def chosen(self, costs: Costs) -> int:
        """Return the rounds of the later blocks: the median of what each block would choose."""
        count = len(self.contrasts[0])
        first = (
            [[np.exp(one[k][:DEFAULT_ROUNDS])] for one in self.contrasts] for k in range(count)
        )
        wanted = [choose_rounds(contrasts, costs, _PRECISION) for contrasts in first]
        return min(int(np.median(wanted)), SOON_ROUNDS, self.rounds[-1])


def rows() -> Iterator[tuple[str, str, str, bool]]:
    rng = np.random.default_rng(1)
    before_s = after_s = 0.0
    gains: list[float] = []
    for case in _stored().values():
        costs = case.costs
        before_s += sum(case.seconds)
        if costs is None or not case.contrasts:  # it is measured alone, or in a single round
            after_s += sum(case.seconds)
            continue
        first, later = min(DEFAULT_ROUNDS, case.rounds[-1]), case.chosen(costs)
        spent = _BLOCKS * costs.start + (first + (_BLOCKS - 1) * later) * costs.round
        after_s += spent
        old = case.variance(case.rounds[0], rng) + (_BLOCKS - 1) * case.variance(
            case.rounds[-1], rng
        )
        new = case.variance(first, rng) + (_BLOCKS - 1) * case.variance(later, rng)
        gains += list((new + _TINY) * spent / ((old + _TINY) * sum(case.seconds)))
    ratio = float(np.exp(np.mean(np.log(gains))))
    yield (
        "five blocks of every headline case of the reference run, by its own costs",
        f"{after_s / 60:.1f} min; with the rounds that it had {before_s / 60:.1f} min",
        "less",
        after_s < before_s,
    )
    yield (
        f"variance x time of its {len(gains)} ratios: the rule / the rounds that it had",
        f"{ratio:.2f} (geometric mean; 80% from {np.percentile(gains, 10):.2f} to"
        f" {np.percentile(gains, 90):.2f})",
        "at most 1",
        ratio <= 1,
    )


def _resampled(
    blocks: Sequence[NDArray[np.float64]], rounds: int, rng: np.random.Generator
) -> float:
    """Return the variance over blocks of medians of so many of their rounds; unbiased."""
    drawn = [
        [np.median(rng.choice(block, rounds, replace=False)) for block in blocks]
        for _ in range(_DRAWS)
    ]
    return float(np.var(drawn, axis=1, ddof=1).mean())


def _stored() -> Mapping[str, _Case]:
    """Return the headline cases of the reference run by workload."""
    trials: defaultdict[str, defaultdict[int, list[Trial]]] = defaultdict(lambda: defaultdict(list))
    for trial in store.read_trials(_RUN, []):
        if trial.cell.case == HEADLINE:
            trials[trial.cell.workload][trial.block].append(trial)
    workloads = load_folder(WORKLOADS)
    return {
        id_: _case(workloads[id_], [blocks[index] for index in sorted(blocks)[:_BLOCKS]])
        for id_, blocks in trials.items()
    }


def _case(workload: Workload, blocks: Sequence[Sequence[Trial]]) -> _Case:
    rounds = [max(trial.rounds for trial in block) for block in blocks]
    seconds = [
        (max if count else sum)(trial.wall_ns for trial in block) / 1e9
        for block, count in zip(blocks, rounds, strict=True)
    ]
    logs: defaultdict[Cell, list[NDArray[np.float64]]] = defaultdict(list)
    for block in blocks[1:]:
        for cell, ratios in _log_ratios(workload, block, rounds[-1]):
            logs[cell].append(ratios)
    most = max(map(len, logs.values()), default=0)
    whole = [one for one in logs.values() if len(one) == most >= _FEWEST_BLOCKS]
    return _Case(seconds, rounds, whole)


def _log_ratios(
    workload: Workload, block: Sequence[Trial], rounds: int
) -> Iterator[tuple[Cell, NDArray[np.float64]]]:
    """Yield each contestant's ratios to the baseline inside the rounds of a block."""
    values = {
        trial.cell: sample_values(
            workload.headline_metric, workload.resolve(HEADLINE, trial.cell.model), trial
        )
        for trial in block
        if trial.status is Status.OK and trial.rounds == rounds
    }
    values = {c: v for c, v in values.items() if v.size == rounds and (v > 0).all()}
    base = values.get(Cell(Contestant(workload.id, BASELINE), HEADLINE))
    for cell, own in values.items():
        if base is not None and own is not base:
            yield cell, np.log(own / base)
