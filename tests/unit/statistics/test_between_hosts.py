"""A ratio over equal machines: the machine is the replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from harness.statistics.between_hosts import MIN_HOSTS, pool_hosts
from harness.statistics.blocks import BlockValues, estimate_ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOGS = [0.1, 0.3, 0.2, 0.25, 0.15, 0.2]


def test_the_intervals_are_those_of_student() -> None:
    pooled = pool_hosts(np.exp(LOGS).tolist())
    assert pooled is not None
    interval = stats.t.interval(0.95, 5, np.mean(LOGS), stats.sem(LOGS))
    assert (pooled.low, pooled.high) == pytest.approx(np.exp(interval))
    # A prediction interval: the error of the mean and the next host's own deviation.
    half = stats.t.ppf(0.975, 5) * np.std(LOGS, ddof=1) * np.sqrt(1 + 1 / 6)
    assert pooled.next_high == pytest.approx(np.exp(np.mean(LOGS) + half))
    assert pooled.next_low == pytest.approx(np.exp(np.mean(LOGS) - half))
    assert pooled.hosts == 6


def test_fewer_than_five_hosts_are_not_pooled() -> None:
    assert pool_hosts([1.0] * (MIN_HOSTS - 1)) is None


def values(per_host: dict[str, list[float]]) -> BlockValues:
    made, block = BlockValues(), 0
    for host, own in per_host.items():
        for value in own:
            made.add(block, np.array([value]), 0, host=host)
            block += 1
    return made


@pytest.mark.parametrize(("hosts", "replicates"), [(4, 12), (5, 5), (8, 8)])
def test_with_five_hosts_the_host_is_the_replicate_of_a_ratio(hosts: int, replicates: int) -> None:
    here = values({f"h{n}": [1.0 + n, 1.0 + n, 1.1 + n] for n in range(hosts)})
    base = values({f"h{n}": [1.0, 1.0, 1.0] for n in range(hosts)})
    ratio = estimate_ratio(here, base)
    assert ratio is not None
    assert ratio.n == replicates


@pytest.mark.parametrize("effects", [np.linspace(0.8, 1.2, 5), np.linspace(0.5, 1.6, 12)])
def test_blocks_of_one_machine_are_not_independent(effects: NDArray[np.float64]) -> None:
    """Twenty blocks on each of some machines that differ say no more than one value each."""
    here = values({f"h{n}": [effect] * 20 for n, effect in enumerate(effects)})
    base = values({f"h{n}": [1.0] * 20 for n in range(effects.size)})
    many = estimate_ratio(here, base)
    few = pool_hosts(effects.tolist())
    assert many is not None
    assert few is not None
    assert (many.low, many.high) == pytest.approx((few.low, few.high))
