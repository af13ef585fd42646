"""How often 95% intervals contain the true ratio, in simulation, and how rejected methods compare.

`tests/support/simulated_runs.py` makes up runs like ours, on a machine with slow phases. The rows
with a bar hold the harness itself to its promise: its ratios of blocks, its interval, and its rule
for when to stop. The others show what it could do instead, step by step: when to stop, how the
ratio of a block follows from its rounds, and how an interval follows from a fixed number of blocks.
Their numbers are in the order of the first rows. Seeded: the same code gives the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from harness.statistics.stopping import PRECISE_BLOCKS, StoppingRule
from tests.bench import tools
from tests.support import rival_methods
from tests.support.simulated_runs import MOST_BLOCKS, SCENARIOS, is_covered, measure, simulate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.statistics.estimates import Ratio
    from tests.support.simulated_runs import Scenario

_LEAST, _MOST = 0.93, 0.97
_RATIOS, _SMALL = 10_000, 30  # simulated in each scenario
_RIVAL_RATIOS = 3_000
_FIXED_BLOCKS = (5, 10, 15)
_SEED = 1
_EARLIER = tuple(range(1, PRECISE_BLOCKS))  # precise blocks in a row that stop a run too early


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for scenario in SCENARIOS:
        yield _promise(scenario)
    yield from _stopping_rows()
    yield from _block_ratio_rows()
    for blocks in _FIXED_BLOCKS:
        yield from _interval_rows(blocks)


def _promise(scenario: Scenario) -> tuple[str, str, str, bool]:
    ratios = _measure(scenario, PRECISE_BLOCKS)
    covered = np.mean([is_covered(ratio) for ratio in ratios])
    blocks = np.mean([ratio.n for ratio in ratios])
    spread = np.mean([ratio.spread for ratio in ratios])
    return (
        f"95% intervals that contain the true ratio, simulated: {scenario.name}",
        f"{covered:.1%} of {len(ratios):,}; mean: within {spread:.1%} after {blocks:.1f} blocks",
        f"{_LEAST:.0%} to {_MOST:.0%}",
        bool(_LEAST <= covered <= _MOST),
    )


def _stopping_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Tell what stopping earlier covers, where that matters most: one ratio, some 25 blocks."""
    scenario = next(one for one in SCENARIOS if one.process == max(s.process for s in SCENARIOS))
    for in_a_row in _EARLIER:
        ratios = _measure(scenario, in_a_row)
        covered = np.mean([is_covered(ratio) for ratio in ratios])
        blocks = np.mean([ratio.n for ratio in ratios])
        yield _told(
            f"stop after {in_a_row} precise blocks in a row: {scenario.name}",
            f"{covered:.1%} of {len(ratios):,}, after {blocks:.1f} blocks",
        )


def _block_ratio_rows() -> Iterator[tuple[str, str, str, bool]]:
    """Tell how much ratios of blocks vary, relative to those of the harness."""
    simulated = [_simulate(scenario, 5, _RIVAL_RATIOS) for scenario in SCENARIOS]
    ours = [rival_methods.median_of_ratios(log_times).std() for log_times in simulated]
    for name, method in rival_methods.BLOCK_RATIOS.items():
        deviations = [method(log_times).std() for log_times in simulated]
        relative = [one / own for one, own in zip(deviations, ours, strict=True)]
        yield _told(
            f"ratio of a block: {name}",
            f"standard deviation {_several(relative)} of that of the median",
        )


def _interval_rows(blocks: int) -> Iterator[tuple[str, str, str, bool]]:
    """Tell coverage and width of intervals from a fixed number of blocks."""
    logs = [
        np.concatenate(list(np.moveaxis(rival_methods.median_of_ratios(log_times), 2, 0)))
        for log_times in (_simulate(scenario, blocks, _RIVAL_RATIOS) for scenario in SCENARIOS)
    ]
    ours: list[float] = []
    for name, method in rival_methods.INTERVALS.items():
        ends = [method(one) for one in logs]
        covered = [float(((low <= 0) & (high >= 0)).mean()) for low, high in ends]
        widths = [float((high - low).mean()) for low, high in ends]
        ours = ours or widths
        relative = np.median([one / own for one, own in zip(widths, ours, strict=True)])
        yield _told(
            f"{name}, of {blocks} blocks",
            f"covers {_several(100 * one for one in covered)}%; {relative:.2f} times our width",
        )


def _measure(scenario: Scenario, in_a_row: int) -> list[Ratio]:
    return [
        ratio
        for run in _simulate(scenario, MOST_BLOCKS, _RATIOS)
        for ratio in measure(run, StoppingRule(scenario.precision, in_a_row))
    ]


def _simulate(scenario: Scenario, blocks: int, ratios: int) -> NDArray[np.float64]:
    runs = tools.amount(ratios, _SMALL) // (scenario.contestants - 1)
    return simulate(scenario, runs, blocks, _SEED)


def _told(what: str, measured: str) -> tuple[str, str, str, bool]:
    return f"  {what}", measured, "no bar", True


def _several(values: Iterable[float]) -> str:
    return " ".join(f"{value:.3g}" for value in values)
