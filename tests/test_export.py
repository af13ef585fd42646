"""A run in the formats of other tools: what each file says, and that those tools read it."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyperf
import pytest

from harness import cli, export, store, units
from harness.analyse import Analysis, analyse
from harness.errors import Exit, Problem
from harness.export import benchfmt, markdown
from harness.export.selection import Selection, name_of
from harness.records import Absence, AbsentCell, Cell, Run, Sample, Status, Trial
from harness.runners import ROOT, find_go
from tests.command import command
from tests.factories import WORKLOAD, cell, run, trial, trials

OVERHEAD = """\
[metrics.overhead]
label = "beyond | the ideal"
unit = "ns"
better = "lower"
formula = "elapsed_ns - ideal_ns"

"""
DEMO = WORKLOAD.replace("[not_applicable]", OVERHEAD + "[not_applicable]")
RATE = DEMO.replace('shape = "makespan"', 'shape = "rate"').replace('title = "Demo"', 'title = "R"')
MS = 1_000_000
MESSAGE = "found | 5\r\n\x1b[31mexpected\t6"
ALL = Selection()
RATES = Cell("rates", "headline", "trio")
EARLY = [40 * MS, 41 * MS, 42 * MS, 43 * MS, 44 * MS]  # the ideal is 50 ms
TIMED = ("pyperf", "benchfmt", "hyperfine")

Export = Callable[..., tuple[int, str, str]]


def small() -> tuple[Run, list[Trial]]:
    """Return a run with one of everything that can become of a contestant."""
    variant = cell("asyncio", variant="threads")
    swept = cell("asyncio", "tasks-100")
    lost = cell("uvloop")
    cells = [cell("asyncio"), variant, cell("trio"), cell("threads"), lost, swept, RATES]
    absent = [AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go | found\nhere")]
    samples = (
        Sample(100 * MS, 10, warmup=True),
        Sample(100 * MS, 20, cpu_ns=50 * MS),
        Sample(140 * MS, 20, cpu_ns=70 * MS),
    )
    usage = {"peak_bytes": 20 * 2**20, "user_ns": 30 * MS, "system_ns": 10 * MS}
    measured = [
        *trials("asyncio", [51 * MS, 52 * MS, 53 * MS, 54 * MS, 55 * MS], usage=usage),
        *trials("threads", EARLY),
        *trials(variant, [60 * MS, 61 * MS, 62 * MS]),
        *[trial("trio", block, status=Status.WRONG_ANSWER, message=MESSAGE) for block in range(2)],
        *[trial("trio", block, 70 * MS + block) for block in (2, 3)],
        trial(lost, 0, status=Status.TIMEOUT, message="took too long"),
        trial(swept, 5, samples=(Sample(55 * MS, 100),)),
        *[trial(RATES, block, samples=samples, usage=usage) for block in range(2)],
    ]
    return run(cells, absent, {"demo": DEMO, "rates": RATE}), measured


def analysed() -> tuple[Analysis, list[Trial]]:
    run_, measured = small()
    return analyse(run_, measured), measured


def exported(format_: str, selection: Selection = ALL, warnings: list[str] | None = None) -> str:
    analysis, measured = analysed()
    return export.text(format_, analysis, measured, selection, [] if warnings is None else warnings)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder with that run in it."""
    run_, measured = small()
    writer = store.RunWriter.create(tmp_path / "results", run_)
    for one in measured:
        writer.append(one)
    writer.close()
    return tmp_path / "results"


@pytest.fixture
def do(out: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Export:
    """Export that run by the command; returns its exit code, its output and its errors."""

    def do(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["export", "--out", str(out), *map(str, arguments)])
        said, err = capfdbinary.readouterr()
        assert b"Traceback" not in said + err
        return code, said.decode(), err.decode()

    return do


# --- csv


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported("csv"))))


def row(contestant: str, metric: str, case: str = "headline") -> dict[str, str]:
    (found,) = [
        one
        for one in rows()
        if (one["workload"], one["case"]) == ("demo", case)
        and (one["contestant"], one["metric"]) == (contestant, metric)
    ]
    return found


def test_csv_has_one_row_a_cell_and_metric_with_the_estimate_in_base_units() -> None:
    assert len(rows()) == 8 * 4
    assert row("asyncio", "elapsed") == {
        "workload": "demo",
        "case": "headline",
        "params": "tasks=10;wait_ns=50000000",
        "model": "asyncio",
        "variant": "",
        "contestant": "asyncio",
        "metric": "elapsed",
        "unit": "ns",
        "better": "lower",
        "value": "53000000.0",
        "low": "51000000.0",
        "high": "55000000.0",
        "n": "5",
        **dict.fromkeys([*Status], "0"),
        "ok": "5",
        "message": "",
        "absent": "",
        "reason": "",
        "peak_bytes": str(20 * 2**20),
    }


def test_csv_keeps_a_value_below_zero() -> None:
    assert float(row("threads", "overhead")["value"]) == -8 * MS


def test_csv_leaves_empty_what_is_not_known() -> None:
    few = row("asyncio · threads", "elapsed")
    assert (few["value"], few["low"], few["high"], few["n"]) == ("61000000.0", "", "", "3")
    assert (few["variant"], few["peak_bytes"]) == ("threads", "")
    untold = row("asyncio", "cores")
    assert [untold[name] for name in ("value", "low", "high", "n")] == [""] * 4
    absent = row("go", "elapsed")
    assert [absent[name] for name in ("value", "n", "ok", "timeout", "peak_bytes")] == [""] * 5


def test_csv_counts_failures_and_says_in_one_line_what_went_wrong() -> None:
    failed = row("trio", "elapsed")
    assert (failed["ok"], failed["wrong_answer"], failed["n"]) == ("2", "2", "2")
    assert (
        failed["message"]
        == "found | 5\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}[31mexpected 6"
    )
    lost = row("uvloop", "elapsed")
    assert (lost["value"], lost["ok"], lost["timeout"]) == ("", "0", "1")


def test_csv_says_why_a_cell_is_absent() -> None:
    absent = row("go", "elapsed")
    assert (absent["absent"], absent["reason"]) == ("unavailable", "no Go | found here")


# --- markdown


def tables() -> list[list[str]]:
    """Return the rows of each table."""
    blocks = exported("markdown").split("\n\n")
    return [block.splitlines() for block in blocks if block.startswith("|")]


def cells_of(line: str) -> list[str]:
    return [
        one.replace("\0", "\\|").strip()
        for one in line.replace("\\|", "\0").strip("|\n").split("|")
    ]


def test_markdown_has_one_table_a_case_each_row_as_wide_as_its_heading() -> None:
    found = tables()
    assert len(found) == 3
    for table in found:
        assert {len(cells_of(line)) for line in table} == {8}
        assert set(cells_of(table[1])) == {":--", "--:"}


def test_markdown_shows_estimates_with_interval_ratio_memory_and_n() -> None:
    analysis, _ = analysed()
    heading, _, *body = map(cells_of, tables()[0])
    ratio = next(one.ratio for one in analysis.workloads["demo"].headline if one.ratio is not None)
    assert ratio.low is not None
    assert [line[0] for line in body] == ["asyncio", "asyncio · threads", "trio", "threads"]
    assert heading[0] == "model"
    assert heading[1] == "elapsed time (lower is better)"
    assert heading[-3:] == ["to asyncio", "peak memory", "n"]
    assert body[0][1] == "53.0 ms [51.0 ms, 55.0 ms]"
    assert body[0][-3:] == ["1.00x [1.00x, 1.00x]", "20.0 MiB", "5"]
    assert body[1][1] == "61.0 ms (too few for an interval)"
    assert body[3][4] == "-8.00 ms [-10.0 ms, -6.00 ms]"
    assert body[3][-3].startswith("0.79")
    assert body[0][3] == ""


def test_markdown_names_below_a_table_what_failed_and_what_is_absent() -> None:
    said = exported("markdown")
    assert "- trio: 2 wrong answer of 4: found \\| 5" in said
    assert "- uvloop: 1 timeout of 1: took too long\n" in said
    assert "- go: unavailable: no Go \\| found here\n" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", r"a\|b"),
        ("found [b]5[/b]", r"found \[b\]5\[/b\]"),
        ("<script> & *x* `y` a_b", r"\<script\> \& \*x\* \`y\` a\_b"),
        ("a\\|b\nc", r"a\\\|b c"),
    ],
)
def test_markdown_shows_a_text_as_it_was_said(text: str, shown: str) -> None:
    assert markdown.escaped(text) == shown


# --- pyperf


def suite(selection: Selection = ALL) -> pyperf.BenchmarkSuite:
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
    assert (known["unit"], known["loombench_runtime"]) == ("second", "python 3.11")
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
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_pyperf_compares_two_models_benchmark_by_benchmark(do: Export, tmp_path: Path) -> None:
    files = []
    for model in ("asyncio", "trio", "threads"):
        files.append(tmp_path / f"{model}.json")
        assert do("--format", "pyperf", "--model", model, "--output", files[-1])[0] == 0
    said = pyperf_says("compare_to", *files[::2], "--table")
    assert "| demo/headline | 53.0 ms | 42.0 ms: 1.26x faster |" in said
    assert "asyncio.json: demo/headline/threads, demo/tasks-100" in said
    assert "rates/headline" in pyperf_says("show", files[1])
    assert "Number of value per run: 1" in pyperf_says("stats", files[1])


# --- benchfmt


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
    said = exported("benchfmt", Selection(models=("asyncio",)))
    assert "model=" not in said
    assert "\nBenchmarkDemo/case=headline-2 1 " in said


def benchstat(*arguments: object) -> list[list[str]]:
    """Return the rows that benchstat prints as CSV."""
    go, reason = find_go(ROOT / "go" / "go.mod")
    if go is None:
        pytest.skip(reason)
    env = {**os.environ, "GOTOOLCHAIN": "local"}
    tool = [go, "tool", "benchstat", "-format", "csv", *map(str, arguments)]
    done = subprocess.run(
        tool, cwd=ROOT / "go", env=env, capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0 and "dial tcp" in done.stderr + done.stdout:
        pytest.skip("benchstat is not in Go's cache, and there is no network")
    assert done.returncode == 0, done.stderr
    return list(csv.reader(io.StringIO(done.stdout)))


def test_benchstat_compares_models_of_one_file(do: Export, tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    assert do("--format", "benchfmt", "--workload", "demo", "--output", file)[0] == 0
    said = benchstat("-col", "/model", file)
    columns = next(line for line in said if "asyncio" in line)
    assert [one for one in columns if one] == ["asyncio", "trio", "threads"]
    (times, peaks) = [line for line in said if line[:1] == ["Demo/case=headline-2"]]
    assert float(times[1]) == pytest.approx(0.053)
    assert float(times[7]) == pytest.approx(0.042)
    assert times[9:11] == ["-20.75%", "p=0.008 n=5"]
    assert float(peaks[1]) == 20 * 2**20


def test_benchstat_compares_two_files(do: Export, tmp_path: Path) -> None:
    files = [tmp_path / "asyncio.txt", tmp_path / "threads.txt"]
    for file in files:
        assert do("--format", "benchfmt", "--model", file.stem, "--output", file)[0] == 0
    (times, *_) = [line for line in benchstat(*files) if line[:1] == ["Demo/case=headline-2"]]
    assert times[5:7] == ["-20.75%", "p=0.008 n=5"]


# --- hyperfine


def test_hyperfine_gets_one_time_in_seconds_a_trial_and_what_it_makes_of_them() -> None:
    found = {one["command"]: one for one in json.loads(exported("hyperfine"))["results"]}
    one = found["demo/headline/asyncio"]
    assert one["times"] == pytest.approx([0.051, 0.052, 0.053, 0.054, 0.055])
    assert one["mean"] == one["median"] == pytest.approx(0.053)
    assert one["stddev"] == pytest.approx(0.0015811, rel=1e-4)
    assert (one["min"], one["max"]) == (pytest.approx(0.051), pytest.approx(0.055))
    assert (one["user"], one["system"]) == (pytest.approx(0.03), pytest.approx(0.01))
    assert one["memory_usage_byte"] == [20 * 2**20] * 5
    assert one["exit_codes"] == [0] * 5
    assert found["demo/headline/trio"]["exit_codes"] == [0, 0]
    assert found["rates/headline/trio"]["times"] == pytest.approx([0.006, 0.006])


def test_hyperfine_has_null_for_what_is_not_known() -> None:
    found = {one["command"]: one for one in json.loads(exported("hyperfine"))["results"]}
    one = found["demo/tasks-100/asyncio"]
    assert (one["stddev"], one["user"], one["system"]) == (None, None, None)
    assert "memory_usage_byte" not in one


def test_hyperfine_has_the_swept_parameter_alone_as_its_plots_need() -> None:
    results = json.loads(exported("hyperfine"))["results"]
    assert {tuple(one["parameters"].items()) for one in results} == {
        (("tasks", "10"),),
        (("tasks", "100"),),
    }


# --- all of them


@pytest.mark.parametrize("format_", export.FORMATS)
def test_the_same_run_gives_the_same_text_of_whole_lines(format_: str) -> None:
    said = exported(format_)
    assert said == exported(format_)
    assert said.endswith("\n")
    assert units.printable(said) == said.replace("\x1b", "")


@pytest.mark.parametrize("format_", TIMED)
def test_what_a_reader_of_the_file_cannot_know_is_a_warning(format_: str) -> None:
    exported(format_, warnings=(warnings := []))
    assert warnings == [
        "demo/headline/uvloop: 1 of 1 trials failed and are left out",
        "demo/headline/trio: 2 of 4 trials failed and are left out",
    ]


@pytest.mark.parametrize("format_", TIMED)
def test_a_time_that_the_clock_does_not_show_is_left_out_and_said(format_: str) -> None:
    run_, _ = small()
    measured = trials("asyncio", [0, 5])
    text = export.text(format_, analyse(run_, measured), measured, ALL, warnings := [])
    assert "5e-09" in text or "5.0" in text
    assert warnings == ["demo/headline/asyncio: 1 of 2 trials took no time that the clock shows"]


@pytest.mark.parametrize("format_", TIMED)
def test_a_run_without_an_ok_trial_has_no_times_to_export(format_: str) -> None:
    run_, _ = small()
    measured = [trial("asyncio", status=Status.CRASH)]
    with pytest.raises(Problem, match="found no time to export, expected at least one") as caught:
        export.text(format_, analyse(run_, measured), measured, ALL, [])
    assert caught.value.code == Exit.NOT_POSSIBLE


@pytest.mark.parametrize("format_", ["csv", "markdown"])
def test_a_run_without_a_trial_is_exported_as_what_it_planned(format_: str) -> None:
    run_, _ = small()
    text = export.text(format_, analyse(run_, []), [], ALL, [])
    assert "asyncio" in text
    assert "no Go" in text


def test_the_control_has_a_name_of_its_own() -> None:
    control = Cell("demo", "headline", "asyncio", control=True)
    assert name_of(control, ALL) == "demo/headline/asyncio/a-a"
    assert name_of(control, Selection(models=("asyncio",))) == "demo/headline/a-a"


def test_a_go_benchmark_name_has_neither_spaces_nor_slashes_in_its_values() -> None:
    assert benchfmt._NOT_IN_A_NAME.sub("_", 'a b/c="d"') == "a_b_c_d_"


# --- the command


@pytest.mark.parametrize("format_", export.FORMATS)
def test_export_prints_what_it_would_write(do: Export, tmp_path: Path, format_: str) -> None:
    code, said, _ = do("--format", format_)
    assert code == 0
    assert said == exported(format_)
    code, nothing, _ = do("--format", format_, "--output", tmp_path / "file")
    assert (code, nothing) == (0, "")
    assert (tmp_path / "file").read_bytes().decode() == said


def test_export_takes_a_run_by_its_name(do: Export, out: Path) -> None:
    assert do(store.find(out).name, "--format", "csv")[0] == 0
    code, said, err = do("nosuch", "--format", "csv")
    assert (code, said) == (Exit.USAGE, "")
    assert "there is: 20260102T030405Z-host" in err


def test_export_says_on_standard_error_what_is_left_out(do: Export) -> None:
    _, said, err = do("--format", "pyperf")
    json.loads(said)
    assert "warning: demo/headline/trio: 2 of 4 trials failed and are left out\n" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "xml"), "'xml' is not one of 'csv', 'markdown', 'pyperf', 'benchfmt'"),
        ((), "Missing option '--format'"),
        (("--format", "csv", "--model", "tiro"), "unknown model in this run: 'tiro'; did you mean"),
        (("--format", "csv", "--workload", "dmo"), "did you mean demo?"),
    ],
)
def test_what_export_does_not_know_is_a_usage_error(
    do: Export, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, said, err = do(*arguments, "--output", tmp_path / "file")
    assert (code, said) == (Exit.USAGE, "")
    assert message in err
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("none/file", "No such file or directory"), ("folder", "Is a directory"), ("a/b", "Not a d")],
)
def test_a_place_that_cannot_be_written_is_a_problem_that_says_what_to_do(
    do: Export, tmp_path: Path, place: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a").write_text("")
    before = sorted(tmp_path.rglob("*"))
    code, said, err = do("--format", "csv", "--output", tmp_path / place)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert f"{place}: cannot be written: {reason}" in err
    assert "choose another place with --output" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_is_replaced_whole_or_left_as_it_was(
    do: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, _, err = do("--format", "csv", "--output", file)
    assert code == Exit.NOT_POSSIBLE
    assert "No space left on device" in err
    assert file.read_text() == "before"
    (tmp_path / "link").symlink_to(file)
    assert do("--format", "csv", "--output", tmp_path / "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert file.read_text("utf-8") == exported("csv")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_device_is_written_and_not_replaced(do: Export) -> None:
    if not Path(os.devnull).is_char_device():
        pytest.skip("no device here that takes everything")
    assert do("--format", "csv", "--output", os.devnull)[0] == 0
    assert Path(os.devnull).is_char_device()


def test_output_that_nobody_reads_any_more_is_no_error(out: Path) -> None:
    going = subprocess.Popen(
        command("export", "--format", "benchfmt", "--workload", "rates", "--out", out),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert going.stdout is not None
    going.stdout.close()
    _, err = going.communicate(timeout=30)
    assert (going.returncode, err) == (0, "")
