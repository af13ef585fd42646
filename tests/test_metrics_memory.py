"""harness.metrics: how much memory a trial held, by what its runner could tell."""

from __future__ import annotations

import pytest

from harness.analysis.analyse import analyse
from harness.statistics.metrics import memory_bytes
from tests.factories import cell, run, trial


@pytest.mark.parametrize(
    ("usage", "memory"),
    [
        ({}, None),
        ({"peak_bytes": 30}, 30),
        ({"pss_bytes": 40}, None),  # of one process, at one moment: not its peak
        ({"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 1}, 30),
        ({"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 4}, 40),
        ({"peak_bytes": 30, "pss_bytes": 20, "pss_processes": 4}, 30),
        ({"pss_bytes": 20, "pss_processes": 4}, 20),
        ({"peak_bytes": 0}, None),
    ],
)
def test_the_memory_of_workers_counts_where_they_live_beside_the_process(
    usage: dict[str, int], memory: int | None
) -> None:
    assert memory_bytes(trial(usage=usage)) == memory


def test_the_memory_of_a_cell_counts_its_workers() -> None:
    usage = {"peak_bytes": 30, "pss_bytes": 40, "pss_processes": 4}
    analysis = analyse(run([cell()]), [trial(usage=usage)])
    assert analysis.workloads["demo"].headline[0].peak_bytes == 40
