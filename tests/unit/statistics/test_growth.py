"""harness.statistics.growth: honest work is not condemned, a cheat never leads; in simulation too.

The simulated machine has slow phases of x1.5 to x1.9 that last 0.2 to 5 s, and quick ones between
them. A process looks at half of the work, all, half, and all again, some 20 ms each.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from harness.results.records import Growth
from harness.statistics.growth import MOST_LOOKS, Growing, judge_growth

SHOWN, UNSETTLED, MISSING = Growing.SHOWN, Growing.UNSETTLED, Growing.MISSING
RUNS, LOOK_S, PAUSE_S = 1_500, 0.02, 0.01


def pairs(*ratios: float, cpu: tuple[float, ...] = ()) -> Growth:
    return Growth(2.0, 100.0, 100.0, ratios=ratios, cpu_ratios=cpu)


GREW, STOOD = pairs(2.1, 1.9, 2.0), pairs(1.0, 1.04, 0.99)


@pytest.mark.parametrize(
    ("found", "growing"),
    [
        ([GREW], SHOWN),
        ([STOOD], UNSETTLED),
        ([STOOD, STOOD], MISSING),
        # A slow phase that begins between two looks falsifies one ratio, or two of a short one.
        ([pairs(2.0, 1.1, 2.0)], UNSETTLED),
        ([pairs(2.0, 1.1, 2.0), GREW], SHOWN),
        ([pairs(1.1, 1.1, 2.0), GREW], UNSETTLED),
        ([pairs(1.1, 1.1, 2.0), GREW, GREW], SHOWN),
        ([pairs(1.9, 1.9, 1.0)], UNSETTLED),
        ([pairs(1.9, 1.9, 1.0), STOOD], UNSETTLED),
        ([pairs(1.9, 1.9, 1.0), STOOD, STOOD], MISSING),
        ([STOOD, GREW], UNSETTLED),
        # Starting the tasks costs the same for any work.
        ([pairs(1.44, 1.4, 1.46)], SHOWN),
        # Many noisy processes do not condemn; half of the ratios are enough to acquit.
        ([pairs(0.3, 1.0, 8.0)] * 8, UNSETTLED),
        ([pairs(0.3, 2.0, 8.0)] * MOST_LOOKS, SHOWN),
        ([STOOD, GREW, GREW], UNSETTLED),
        ([STOOD, GREW, GREW, GREW, GREW], SHOWN),
        # Wall time need not grow on many cores; CPU time does.
        ([pairs(1.0, 1.0, 1.0, cpu=(2.0, 2.0, 2.0))] * 2, SHOWN),
        # A JIT compiler works beside the smaller call.
        ([pairs(2.1, 2.0, 2.0, cpu=(1.1, 1.1, 1.1))] * 2, SHOWN),
        ([pairs(2.1, 2.0, 2.0, cpu=(1.1, 1.0, 1.4))], SHOWN),
        # A cheat had to wait before the larger calls of its only process.
        ([pairs(2.2, 2.3, 2.2, cpu=(1.1, 1.0, 1.1))], UNSETTLED),
        (
            [pairs(2.2, 2.3, 2.2, cpu=(1.1, 1.0, 1.1)), pairs(1.0, 1.1, 1.0, cpu=(1.0, 1.0, 1.1))],
            UNSETTLED,
        ),
        # One of the two is noisy: the other condemns if both are low, and alone does not.
        ([pairs(0.4, 1.0, 3.0, cpu=(1.0, 1.0, 1.1))] * 2, MISSING),
        ([pairs(0.4, 2.0, 3.0, cpu=(1.0, 1.0, 1.1))] * 2, UNSETTLED),
        # Older runs have one ratio for each process.
        ([Growth(2.0, 100.0, 130.0)], SHOWN),
        ([Growth(2.0, 100.0, 129.0)], UNSETTLED),
        ([Growth(2.0, 100.0, 129.0)] * 2, MISSING),
        ([Growth(2.0, 100.0, 400.0, 100.0, 104.0), *[Growth(2.0, 100.0, 104.0)] * 2], MISSING),
        ([Growth(2.0, 0.0, 0.0)] * 2, MISSING),
    ],
)
def test_what_some_processes_show(found: list[Growth], growing: Growing) -> None:
    assert judge_growth(found).growing is growing


def test_the_reason_says_what_was_found() -> None:
    assert judge_growth([STOOD, STOOD]).reason == (
        "2.0 times the work took 1.0 times as long, expected at least 1.3: does it skip work?"
    )
    assert judge_growth([STOOD, GREW]).reason == (
        "2.0 times the work took 1.0 to 2.0 times as long, expected at least 1.3;"
        " more processes decide"
    )


def slowness(rng: np.random.Generator, times: list[float]) -> np.ndarray:
    """Return by how much the machine is slow at these times, which are not far apart."""
    ends, factors = [-rng.uniform(0, 5)], [1.0]
    is_slow = bool(rng.integers(2))
    while ends[-1] < times[-1]:
        factors.append(rng.uniform(1.5, 1.9) if is_slow else 1.0)
        ends.append(ends[-1] + rng.uniform(0.2, 5))
        is_slow = not is_slow
    return np.array(factors)[np.searchsorted(ends, times)]


def process(rng: np.random.Generator, grown: float, noise: float) -> Growth:
    """Return what a process finds in which all of the work takes `grown` times as long as half."""
    starts = [position * (LOOK_S + PAUSE_S) for position in range(4)]
    times = slowness(rng, starts) * rng.lognormal(0, noise, 4) * [1, grown, 1, grown]
    ratios = [b / a if i % 2 == 0 else a / b for i, (a, b) in enumerate(pairwise(times))]
    return pairs(*ratios)


def outcomes(grown: float, processes: int, noise: float) -> dict[Growing, float]:
    """Return the share of contestants of each kind, after so many processes."""
    rng = np.random.default_rng(5)
    found = [
        judge_growth([process(rng, grown, noise) for _ in range(processes)]).growing
        for _ in range(RUNS)
    ]
    return {kind: found.count(kind) / RUNS for kind in Growing}


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.02, 0.08])
def test_honest_work_is_ranked_and_not_accused(noise: float) -> None:
    first = outcomes(2.0, 1, noise)
    assert first[MISSING] == 0
    assert first[SHOWN] > 0.9
    for processes in (2, 3, MOST_LOOKS):
        later = outcomes(2.0, processes, noise)
        assert later[MISSING] < 0.001
        assert later[SHOWN] > 0.98


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.02, 0.08])
def test_a_cheat_does_not_lead_even_a_first_look(noise: float) -> None:
    assert outcomes(1.0, 1, noise)[SHOWN] < 0.001
    assert outcomes(1.0, 2, noise)[MISSING] > 0.9
    assert outcomes(1.0, MOST_LOOKS, noise)[MISSING] > 0.999
