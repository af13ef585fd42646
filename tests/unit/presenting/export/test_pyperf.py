"""A run for pyperf: what the file says, and that pyperf reads it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyperf
import pytest

from harness.presenting.export.selection import ExportSelection
from tests.support.exports import ALL, Export, exported


def suite(selection: ExportSelection = ALL) -> pyperf.BenchmarkSuite:
    return pyperf.BenchmarkSuite.loads(exported("pyperf", selection))


def test_pyperf_loads_one_benchmark_a_cell_that_has_an_ok_trial() -> None:
    assert suite().get_benchmark_names() == [
        "demo/headline/asyncio",
        "demo/headline/asyncio/threads",
        "demo/headline/trio",
        "demo/headline/threads",
        "demo/tasks-100/asyncio",
        "rates/headline/trio",
    ]


def test_pyperf_has_one_run_and_one_value_a_trial_that_was_ok() -> None:
    found = suite()
    assert found.get_benchmark("demo/headline/asyncio").get_values() == pytest.approx(
        [0.051, 0.052, 0.053, 0.054, 0.055]
    )
    assert found.get_benchmark("demo/headline/trio").get_nrun() == 2
    assert found.get_benchmark("demo/headline/threads").get_values() == pytest.approx(
        [0.040, 0.041, 0.042, 0.043, 0.044]
    )


def test_pyperf_gets_seconds_an_operation_of_a_rate_with_loops_and_warm_ups() -> None:
    one = suite().get_benchmark("rates/headline/trio").get_runs()[0]
    assert one.values == pytest.approx([0.006])  # the median of 100 ms / 20 and 140 ms / 20
    assert (one.get_loops(), one.get_inner_loops()) == (2, 10)
    assert one.warmups == ((1, pytest.approx(0.01)),)


def test_pyperf_knows_the_machine_the_runtime_and_the_memory() -> None:
    one = suite().get_benchmark("demo/headline/asyncio")
    known = one.get_metadata()
    assert (known["hostname"], known["cpu_model_name"], known["cpu_count"]) == ("host", "a cpu", 2)
    assert (known["unit"], known["loombench_runtime"]) == ("second", "default")
    assert known["loombench_language"] == "python 3.11"
    assert one.get_runs()[0].get_metadata()["mem_max_rss"] == 20 * 2**20
    assert one.get_dates()[0].isoformat() == "2026-01-02T03:04:05.678000+00:00"


def test_pyperf_takes_the_runs_one_by_one_too() -> None:
    # Loading does not check what add_run() does: that runs fit together.
    for one in suite():
        pyperf.Benchmark(one.get_runs())


def pyperf_says(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pyperf_compares_two_models_benchmark_by_benchmark(
    do_export: Export, tmp_path: Path
) -> None:
    files = []
    for model in ("asyncio", "trio", "threads"):
        files.append(tmp_path / f"{model}.json")
        assert do_export("--format", "pyperf", "--model", model, "--output", files[-1])[0] == 0
    said = pyperf_says("compare_to", *files[::2], "--table")
    assert "| demo/headline | 53.0 ms | 42.0 ms: 1.26x faster |" in said
    assert "asyncio.json: demo/headline/threads, demo/tasks-100" in said
    assert "rates/headline" in pyperf_says("show", files[1])
    assert "Number of value per run: 1" in pyperf_says("stats", files[1])
