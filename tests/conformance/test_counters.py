"""The memory that a trial of the real Python runner reports for its processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import psutil
import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.paths import ROOT, WORKLOADS
from harness.results.records import Cell
from tests.support.planted.bench import Bench, python_runner

MIB = 2**20
# A harness that holds so many MiB, and runs one trial with the real runner.
HARNESS = f"""
import json, sys
from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.paths import WORKLOADS
from harness.results.records import Cell
from tests.support.planted.bench import Bench, python_runner
held = bytearray(b"x") * (int(sys.argv[1]) * {MIB})
runner = python_runner()
bench = Bench(workload_file.load_folder(WORKLOADS), lambda cell: runner, 1)
trial = bench.trial(Cell(Contestant("noop", sys.argv[2]), "check"), 0, 0)
print(json.dumps([trial.status, trial.message, trial.usage]))
"""

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak this way")


def usage_below_a_harness_that_holds(mib: int, model: str) -> dict[str, int]:
    """Return what a trial reports of itself to such a harness."""
    done = subprocess.run(
        [sys.executable, "-c", HARNESS, str(mib), model],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    status, message, usage = json.loads(done.stdout)
    assert status == "ok", message
    return usage


@linux
@pytest.mark.parametrize("model", ["sequential", "asyncio"])
def test_the_memory_of_the_harness_does_not_change_that_of_a_trial(
    model: str,
) -> None:
    if psutil.virtual_memory().available < 2 * 2**30:
        pytest.skip("too little memory to hold some of it")
    small, large = (usage_below_a_harness_that_holds(mib, model) for mib in (0, 500))
    for name in ("peak_bytes", "pss_bytes"):
        assert small[name] > MIB
        assert abs(large[name] - small[name]) < 3 * MIB


@linux
def test_the_memory_of_a_process_pool_is_measured_while_it_exists() -> None:
    of = {
        model: bench_of_ours().trial(Cell(Contestant("sumsquares", model), "check"), 0, 0)
        for model in ("sequential", "processes")
    }
    usage = {model: trial.usage for model, trial in of.items() if trial is not None}
    assert usage["sequential"]["pss_processes"] == 1
    # The workers, and what starts them.
    assert usage["processes"]["pss_processes"] >= 1 + (os.cpu_count() or 1)
    assert usage["processes"]["pss_bytes"] > usage["sequential"]["pss_bytes"]


def bench_of_ours() -> Bench:
    runner = python_runner()
    return Bench(workload_file.load_folder(WORKLOADS), lambda cell: runner, 1)
