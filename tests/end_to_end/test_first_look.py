"""Figures and report of a run that is still measured, and what is left when it ends early."""

from __future__ import annotations

import io
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from harness.cli.live import LiveResults, begin_analysis
from harness.errors import Exit
from harness.measuring import campaign
from harness.measuring.blocks import Ended
from harness.measuring.plan import PROFILES, RunSelection
from harness.measuring.progress import Display
from tests.support.command import Invoke
from tests.support.measuring import LONG_S, Measuring, measuring, wait_for, wait_until

TWO = ("--workload", "noop,pingpong", "--model", "asyncio", "--case", "headline")
NAMES = {f"{name}.svg" for name in ("overview", "noop", "pingpong")}
MARK = "measuring goes on"


def report(out: Path) -> Path:
    return out / "latest" / "report.html"


def figures(out: Path) -> dict[str, Path]:
    return {path.name: path for path in (out / "latest" / "figures").glob("[!.]*")}


def check_whole(out: Path) -> None:
    """Check that no file that a reader may open is cut off."""
    for name, path in figures(out).items():
        if name.endswith(".svg"):
            assert path.read_text("utf-8").rstrip().endswith("</svg>")
        else:
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    if report(out).is_file():
        text = report(out).read_text("utf-8")
        HTMLParser().feed(text)
        assert text.rstrip().endswith("</html>")


@contextmanager
def looked_at(out: Path) -> Iterator[Measuring]:
    """Yield a run that is measured on after its first look."""
    with measuring(out, *TWO, "--budget", "60m") as it:
        wait_for(it, "the first look", lambda: report(out).is_file())
        yield it


def test_figures_and_report_exist_while_the_run_is_measured_and_ctrl_c_leaves_the_latest(
    tmp_path: Path,
) -> None:
    with looked_at(tmp_path) as it:
        check_whole(tmp_path)
        found, text = figures(tmp_path), report(tmp_path).read_text("utf-8")
        assert set(found) >= NAMES
        # A look takes long on a busy machine, and the next one may have come meanwhile.
        assert re.search(r"First look: \d+ blocks of 2 workloads; measuring goes on\.", text)
        assert MARK in found["noop.svg"].read_text("utf-8")
        it.signal_all(signal.SIGINT)
        assert "First look, renewed from time to time: " in it.end()
    assert it.process.returncode == Exit.INTERRUPTED
    check_whole(tmp_path)
    assert set(figures(tmp_path)) >= NAMES | {name.replace("svg", "png") for name in NAMES}
    assert MARK not in report(tmp_path).read_text("utf-8")
    assert MARK not in figures(tmp_path)["noop.svg"].read_text("utf-8")


def test_a_second_ctrl_c_while_the_end_is_drawn_leaves_complete_files(tmp_path: Path) -> None:
    with looked_at(tmp_path) as it:
        before = figures(tmp_path)["overview.svg"].stat().st_mtime_ns
        it.signal_all(signal.SIGINT)
        wait_until(
            "the overview of the end",
            lambda: figures(tmp_path)["overview.svg"].stat().st_mtime_ns != before,
        )
        it.signal_all(signal.SIGINT)
        assert "Traceback" not in it.end()
    assert it.process.returncode == Exit.INTERRUPTED
    assert set(figures(tmp_path)) >= NAMES
    assert report(tmp_path).is_file()
    check_whole(tmp_path)


def test_what_kill_leaves_is_whole_and_the_report_command_ends_the_first_look(
    tmp_path: Path, invoke: Invoke
) -> None:
    with measuring(tmp_path, *TWO, "--budget", "60m") as it:
        wait_for(it, "a figure", lambda: "overview.svg" in figures(it.out))  # others are not drawn
        it.process.kill()
        it.process.wait(LONG_S)
        check_whole(tmp_path)
    code, _, err = invoke("report", "--out", tmp_path)
    assert (code, err) == (Exit.SUCCESS, "")
    text = report(tmp_path).read_text("utf-8")
    assert MARK not in text
    assert "First look: fewer than 5 blocks, too few for intervals." in text


def test_a_run_goes_on_if_a_first_look_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selection = RunSelection(("noop",), ("sequential",), ("headline",))
    current = campaign.begin(tmp_path, selection, PROFILES["quick"], 60.0, 7, 0.5)
    (current.folder / "figures").write_text("in the way")

    def interrupted() -> bool:
        return current.allocator.trials >= 6

    display = Display(Console(file=io.StringIO()), current.budget, lambda: current.planned, 0)
    analyst = begin_analysis(current)
    live = LiveResults(current, analyst, display, interrupted, [])
    assert current.measure(live, interrupted) is Ended.INTERRUPTED
    assert capsys.readouterr().err.count("figures cannot be written: File exists") == 1
    assert analyst.conclude().blocks == 3
