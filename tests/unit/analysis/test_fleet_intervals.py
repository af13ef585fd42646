"""Intervals of runs on fleets take in what hosts differ by: those shown, and those that stop it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from msgspec import structs

from harness.analysis.aggregate import Series
from harness.analysis.analyse import analyse
from harness.measuring.measured_case import MeasuredCase
from harness.results.records import Sample, Trial
from tests.support import factories
from tests.support.simulated_fleet import host

BLOCKS = 6  # of each host
BETWEEN, WITHIN = 0.05, 0.01  # standard deviations of log values, of hosts and of their blocks
NAMES = "abcdefghijkl"


def simulate(draw: np.random.Generator, hosts: int) -> dict[str, np.ndarray]:
    """Return the values of a contestant, whose true one is 1, by the host that measured them."""
    return {
        name: np.exp(draw.normal(0, BETWEEN) + draw.normal(0, WITHIN, BLOCKS))
        for name in NAMES[:hosts]
    }


def measured(draw: np.random.Generator, hosts: int) -> Iterator[Trial]:
    """Yield the trials of a run; threads takes twice as long as asyncio."""
    for host_number, ratios in enumerate(simulate(draw, hosts).values()):
        for block, ratio in enumerate(ratios, host_number * BLOCKS):
            for model, times in (("asyncio", 1.0), ("threads", 2 * ratio)):
                sample = Sample(round(60e6 * times), 10)
                yield factories.trial(model, block, samples=(sample,), host=NAMES[host_number])


@pytest.mark.parametrize("hosts", [5, 8])
def test_the_interval_of_a_result_holds_although_hosts_differ(hosts: int) -> None:
    draw, runs, held = np.random.default_rng(2), 400, 0
    for _ in range(runs):
        series, block = Series(), 0
        for name, values in simulate(draw, hosts).items():
            for value in values:
                trial = factories.trial("asyncio", block, host=name)
                series.take(trial, np.array([value]))
                block += 1
        found = series.estimate("a seed")
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        assert found.n == hosts
        held += found.low <= 1 <= found.high
    assert 0.92 <= held / runs <= 0.98


def test_of_fewer_than_five_hosts_each_block_counts() -> None:
    series = Series()
    for block in range(8):
        trial = factories.trial("asyncio", block, host=NAMES[block % 4])
        series.take(trial, np.array([1.0 + block]))
    found = series.estimate("a seed")
    assert found is not None
    assert (found.n, found.value) == (8, 4.5)


def test_each_host_counts_once_however_many_blocks_it_did() -> None:
    series, block = Series(), 0
    for name, value, count in zip("abcde", (1.0, 2.0, 3.0, 4.0, 5.0), (9, 9, 1, 1, 1), strict=True):
        for _ in range(count):
            series.take(factories.trial("asyncio", block, host=name), np.array([value]))
            block += 1
    found = series.estimate("a seed")
    assert found is not None
    assert (found.n, found.value) == (5, 3.0)


@pytest.mark.parametrize("hosts", [1, 4, 5, 8])
def test_a_run_stops_by_the_interval_that_it_shows(hosts: int) -> None:
    cells = [factories.cell("asyncio"), factories.cell("threads")]
    assignments = [factories.assignment(cell.model) for cell in cells]
    case = MeasuredCase(assignments, precision=0.03)
    trials = list(measured(np.random.default_rng(3), hosts))
    for trial in trials:
        case.record(trial)
    there = tuple(host(name) for name in NAMES[:hosts])
    shown = analyse(structs.replace(factories.run(cells), hosts=there), trials)
    [ratio] = [one.ratio for one in shown.workloads["demo"].headline if one.cell == cells[1]]
    assert ratio is not None
    assert case.least_precise_ratio == ("threads/asyncio", pytest.approx(ratio.spread))
    assert ratio.n == (hosts if hosts >= 5 else hosts * BLOCKS)


def test_a_run_on_hosts_that_differ_is_not_precise_by_many_blocks_of_each() -> None:
    case = MeasuredCase([factories.assignment("asyncio"), factories.assignment("threads")], 0.03)
    for trial in measured(np.random.default_rng(3), 5):
        case.record(trial)
    assert not case.has_enough_blocks
    assert case.excess > 0.02


def test_a_ratio_lacks_no_blocks_once_five_hosts_have_one_each() -> None:
    case = MeasuredCase([factories.assignment("asyncio"), factories.assignment("threads")], 0.03)
    spreads = []
    for block, name in enumerate(NAMES[:5]):
        for model in ("asyncio", "threads"):
            case.record(factories.trial(model, block, 60_000_000 + 100_000 * block, host=name))
        spreads.append(case.least_precise_ratio[1])
    assert spreads == [float("inf")] * 4 + [pytest.approx(0.0)]
