"""A grid in a workload file: its points, their parameters, and what is wrong with it."""

from __future__ import annotations

import pytest

from harness.catalog import workload_file
from harness.catalog.grid import neighbours, share_place
from harness.catalog.workload import Workload
from harness.errors import Problem
from harness.paths import WORKLOADS
from tests.support.factories import WORKLOAD

GRID = """
[params.busy_ns]
unit = "ns"
min = 0
max = 1_000_000
meaning = "CPU time"

[grid]
cpu = "busy_ns"
wait = "wait_ns"
concurrency = "tasks"
shares = [1, 10]
more_shares = [3]
at_a_time = [1, 100]
more_at_a_time = [10, 1_000]
metrics = ["elapsed"]
used = "cores"
iterations = 1

[grid.params]
tasks = "at_a_time"
busy_ns = "10_000 * share"
wait_ns = "1_000_000 * (100 - share) // 100 + 100_000"

[grid.without]
trio = "it is too slow"
"""
CASES = {  # the cases by hand need the added parameter too
    "wait_ns = 5_000_000 }": "wait_ns = 5_000_000, busy_ns = 0 }",
    "wait_ns = 50_000_000 }": "wait_ns = 50_000_000, busy_ns = 0 }",
}


def with_grid(**changes: str) -> Workload:
    """Return a workload with a grid; `changes` replace texts of it."""
    text = WORKLOAD
    for old, new in CASES.items():
        text = text.replace(old, new)
    grid = GRID
    for key, value in changes.items():
        (line,) = [line for line in grid.splitlines() if line.startswith(f"{key} = ")]
        grid = grid.replace(line, f"{key} = {value}")
    return workload_file.parse("demo", text + grid, "demo.toml")


def test_every_point_is_a_case_with_the_parameters_of_its_formulas() -> None:
    workload = with_grid()
    grid = workload.grid
    assert grid is not None
    assert (grid.shares, grid.counts) == ((1, 3, 10), (1, 10, 100, 1_000))
    assert len(workload.grid_cases) == 12
    assert workload.cases["share-3-at-10"].params == {
        "tasks": 10,
        "busy_ns": 30_000,
        "wait_ns": 1_070_000,
    }
    assert workload.cases["share-3-at-10"].sampling.iterations == 1
    first = {grid.cases[index] for index in grid.first}
    assert first == {"share-1-at-1", "share-1-at-100", "share-10-at-1", "share-10-at-100"}
    assert grid.without == {"trio": "it is too slow"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cpu": '"cpu_ns"'}, "demo.toml: grid.cpu: found"),
        ({"shares": "[1, 101]"}, "a list of integers from 0 to 100"),
        ({"at_a_time": "[0, 10]"}, "a list of integers from 1 to 1000"),
        ({"metrics": '["speed"]'}, "grid.metrics: found"),
        ({"used": '"speed"'}, "grid.used: found"),
        ({"busy_ns": '"1_000_000 * share"'}, "a value from 0 to 1000000, but at"),
        ({"busy_ns": '"1 // (share - 1)"'}, "a value at"),
        ({"busy_ns": '"tasks"'}, "not tasks"),
        ({"trio": "1"}, "grid.without.trio"),
        ({"iterations": "0"}, "grid.iterations"),
    ],
)
def test_what_is_wrong_with_a_grid_is_said(changes: dict[str, str], message: str) -> None:
    with pytest.raises(Problem) as raised:
        with_grid(**changes)
    assert message in str(raised.value)


def test_neighbours_are_the_nearest_measured_points_on_both_sides() -> None:
    measured = {(0, 0), (0, 2), (0, 4), (3, 1), (1, 1)}
    assert list(neighbours((0, 1), measured)) == [((0, 0), (0, 2))]
    assert list(neighbours((0, 3), measured)) == [((0, 2), (0, 4))]
    assert list(neighbours((2, 1), measured)) == [((1, 1), (3, 1))]
    assert list(neighbours((0, 5), measured)) == []


def test_shares_are_spaced_logarithmically_from_one_percent_on() -> None:
    assert [share_place(share) for share in (0, 0.5, 1, 10, 100)] == [0, 0.5, 1, 2, 3]


def test_waits_that_every_model_must_keep_are_whole_milliseconds() -> None:
    """Uvloop rounds others, so they can be more than a millisecond too short: a wrong answer."""
    workloads = workload_file.load_folder(WORKLOADS)
    for id_, kept_from_ns in [("mixed", 1_000_000), ("fanout", 0), ("kitchen", 0)]:
        one = workloads[id_]
        name = "unit_ns" if id_ == "kitchen" else "wait_ns"
        waits = {one.resolve(case, "uvloop").params[name] for case in one.cases}
        assert not [ns for ns in waits if int(ns) >= kept_from_ns and int(ns) % 1_000_000]
