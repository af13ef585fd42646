"""What all exports of a run have in common, and the command that writes them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from harness import units
from harness.analysis.analyse import analyse
from harness.catalog.contestant import Contestant
from harness.errors import Exit, Problem
from harness.presenting import export
from harness.presenting.export.selection import ExportSelection, export_name
from harness.results import store
from harness.results.records import Cell, Status
from tests.support.command import command
from tests.support.exports import ALL, Export, exported, small
from tests.support.factories import trial, trials

TIMED = ("pyperf", "benchfmt", "hyperfine")


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
    text = export.render(format_, analyse(run_, measured), measured, ALL, warnings := [])
    assert "5e-09" in text or "5.0" in text
    assert warnings == [
        "demo/headline/asyncio: 1 of 2 trials were too short for the clock and are left out"
    ]


@pytest.mark.parametrize("format_", TIMED)
def test_a_run_without_an_ok_trial_has_no_times_to_export(format_: str) -> None:
    run_, _ = small()
    measured = [trial("asyncio", status=Status.CRASH)]
    with pytest.raises(Problem, match="found no time to export, expected at least one") as caught:
        export.render(format_, analyse(run_, measured), measured, ALL, [])
    assert caught.value.code == Exit.NOT_POSSIBLE


@pytest.mark.parametrize("format_", ["csv", "markdown"])
def test_a_run_without_a_trial_is_exported_as_what_it_planned(format_: str) -> None:
    run_, _ = small()
    text = export.render(format_, analyse(run_, []), [], ALL, [])
    assert "asyncio" in text
    assert "no Go" in text


def test_the_control_has_a_name_of_its_own() -> None:
    control = Cell(Contestant("demo", "asyncio"), "headline", control=True)
    assert export_name(control, ALL) == "demo/headline/asyncio/a-a"
    assert export_name(control, ExportSelection(models=("asyncio",))) == "demo/headline/a-a"


# --- the command


@pytest.mark.parametrize("format_", export.FORMATS)
def test_export_prints_what_it_would_write(do_export: Export, tmp_path: Path, format_: str) -> None:
    code, said, _ = do_export("--format", format_)
    assert code == 0
    assert said == exported(format_)
    code, nothing, _ = do_export("--format", format_, "--output", tmp_path / "file")
    assert (code, nothing) == (0, "")
    assert (tmp_path / "file").read_bytes().decode() == said


def test_export_takes_a_run_by_its_name(do_export: Export, small_results: Path) -> None:
    assert do_export(store.find_run(small_results).name, "--format", "csv")[0] == 0
    code, said, err = do_export("nosuch", "--format", "csv")
    assert (code, said) == (Exit.USAGE, "")
    assert "there is: 20260102T030405Z-host" in err


def test_export_says_on_standard_error_what_is_left_out(do_export: Export) -> None:
    _, said, err = do_export("--format", "pyperf")
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
    do_export: Export, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, said, err = do_export(*arguments, "--output", tmp_path / "file")
    assert (code, said) == (Exit.USAGE, "")
    assert message in err
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("none/file", "No such file or directory"), ("folder", "Is a directory"), ("a/b", "Not a d")],
)
def test_a_place_that_cannot_be_written_is_a_problem_that_says_what_to_do(
    do_export: Export, tmp_path: Path, place: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a").write_text("")
    before = sorted(tmp_path.rglob("*"))
    code, said, err = do_export("--format", "csv", "--output", tmp_path / place)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert f"{place}: cannot be written: {reason}" in err
    assert "choose another path with --output" in err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_file_is_replaced_whole_or_left_as_it_was(
    do_export: Export, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, _, err = do_export("--format", "csv", "--output", file)
    assert code == Exit.NOT_POSSIBLE
    assert "No space left on device" in err
    assert file.read_text() == "before"
    (tmp_path / "link").symlink_to(file)
    assert do_export("--format", "csv", "--output", tmp_path / "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert file.read_text("utf-8") == exported("csv")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_device_is_written_and_not_replaced(do_export: Export) -> None:
    if not Path(os.devnull).is_char_device():
        pytest.skip("no device here that takes everything")
    assert do_export("--format", "csv", "--output", os.devnull)[0] == 0
    assert Path(os.devnull).is_char_device()


def test_output_that_nobody_reads_any_more_is_no_error(small_results: Path) -> None:
    going = subprocess.Popen(
        command("export", "--format", "benchfmt", "--workload", "rates", "--out", small_results),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert going.stdout is not None
    going.stdout.close()
    _, err = going.communicate(timeout=300)
    assert (going.returncode, err) == (0, "")
