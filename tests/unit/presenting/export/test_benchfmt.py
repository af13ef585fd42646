"""A run in the format of Go benchmarks: what it says, and that benchstat reads it."""

from __future__ import annotations

import csv
import io
import os
import subprocess
from pathlib import Path

import pytest

from harness.measuring.runners.go_build import find_go
from harness.paths import ROOT
from harness.presenting.export import benchfmt
from harness.presenting.export.selection import ExportSelection
from tests.support.exports import Export, exported


def test_benchfmt_has_one_line_a_trial_that_was_ok() -> None:
    lines = exported("benchfmt").splitlines()
    results = [line for line in lines if line.startswith("Benchmark")]
    assert len(results) == 5 + 3 + 2 + 5 + 1 + 2
    assert results[0] == (
        "BenchmarkDemo/case=headline/model=asyncio-2 1 51000000.0 ns/op 20971520 peak-bytes"
    )
    assert "BenchmarkDemo/case=headline/model=asyncio/variant=threads-2 1 60000000.0 ns/op" in lines
    assert results[-1] == (
        "BenchmarkRates/case=headline/model=trio-2 40 6000000.0 ns/op 20971520 peak-bytes"
    )
    assert lines[2] == "# demo/headline/trio: 2 of 4 trials failed and are left out"
    assert {"goos: linux", "pkg: loombench", "cpu: a cpu"} <= set(lines)


def test_benchfmt_without_the_model_in_its_names_for_one_model() -> None:
    said = exported("benchfmt", ExportSelection(models=("asyncio",)))
    assert "model=" not in said
    assert "\nBenchmarkDemo/case=headline-2 1 " in said


def test_a_go_benchmark_name_has_neither_spaces_nor_slashes_in_its_values() -> None:
    assert benchfmt._NOT_IN_A_NAME.sub("_", 'a b/c="d"') == "a_b_c_d_"


def benchstat(*arguments: object) -> list[list[str]]:
    """Return the rows that benchstat prints as CSV."""
    go, reason = find_go(ROOT / "go" / "go.mod")
    if go is None:
        pytest.skip(reason)
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    package = "golang.org/x/perf/cmd/benchstat"  # `go tool` would compile all of it anew
    tool = [go, "run", package, "-format", "csv", *map(str, arguments)]
    done = subprocess.run(
        tool, cwd=ROOT / "go", env=env, capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode != 0 and "dial tcp" in done.stderr + done.stdout:
        pytest.skip("benchstat is not in Go's cache, and there is no network")
    assert done.returncode == 0, done.stderr
    return list(csv.reader(io.StringIO(done.stdout)))


def test_benchstat_compares_models_of_one_file(do_export: Export, tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    assert do_export("--format", "benchfmt", "--workload", "demo", "--output", file)[0] == 0
    said = benchstat("-col", "/model", file)
    columns = next(line for line in said if "asyncio" in line)
    assert [one for one in columns if one] == ["asyncio", "trio", "threads"]
    (times, peaks) = [line for line in said if line[:1] == ["Demo/case=headline-2"]]
    assert float(times[1]) == pytest.approx(0.053)
    assert float(times[7]) == pytest.approx(0.042)
    assert times[9:11] == ["-20.75%", "p=0.008 n=5"]
    assert float(peaks[1]) == 20 * 2**20


def test_benchstat_compares_two_files(do_export: Export, tmp_path: Path) -> None:
    files = [tmp_path / "asyncio.txt", tmp_path / "threads.txt"]
    for file in files:
        assert do_export("--format", "benchfmt", "--model", file.stem, "--output", file)[0] == 0
    (times, *_) = [line for line in benchstat(*files) if line[:1] == ["Demo/case=headline-2"]]
    assert times[5:7] == ["-20.75%", "p=0.008 n=5"]
