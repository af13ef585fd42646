"""Figures and report of a run that is still measured, and what is left when it ends early."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.errors import Exit
from tests.support.command import Invoke
from tests.support.measuring import LONG_S, Measuring, measuring, wait_until

TWO = ("--workload", "noop,pingpong", "--model", "asyncio", "--case", "headline")
NAMES = {f"{name}.{kind}" for name in ("overview", "noop", "pingpong") for kind in ("png", "svg")}
MARK = "measuring goes on"


@pytest.fixture
def looked_at(tmp_path: Path) -> Iterator[Measuring]:
    """Yield a run that is measured on after its first look."""
    with measuring(tmp_path, *TWO, "--budget", "60s") as it:
        wait_until("the first look", lambda: report(it.out).is_file())
        assert it.process.poll() is None
        yield it


def report(out: Path) -> Path:
    return out / "latest" / "report.html"


def figures(out: Path) -> dict[str, Path]:
    return {path.name: path for path in (out / "latest" / "figures").glob("[!.]*")}


def check_whole(out: Path) -> None:
    """Check that no file that a reader may open is cut off."""
    for name, path in figures(out).items():
        if name.endswith(".svg"):
            ElementTree.parse(path)
        else:
            assert path.read_bytes().endswith(b"IEND\xaeB`\x82")
    if report(out).is_file():
        text = report(out).read_text("utf-8")
        HTMLParser().feed(text)
        assert text.rstrip().endswith("</html>")


def test_figures_and_report_exist_while_the_run_is_measured_and_say_so(
    looked_at: Measuring,
) -> None:
    text = report(looked_at.out).read_text("utf-8")
    found = figures(looked_at.out)
    assert set(found) >= NAMES
    assert "First look: 2 blocks; measuring goes on." in text
    assert all(MARK in path.read_text("utf-8") for path in found.values() if path.suffix == ".svg")
    check_whole(looked_at.out)


def test_ctrl_c_leaves_the_latest_and_a_second_one_complete_files(looked_at: Measuring) -> None:
    looked_at.signal_all(signal.SIGINT)
    said = looked_at.end()
    assert looked_at.process.returncode == Exit.INTERRUPTED
    assert "First look, renewed from time to time: " in said
    check_whole(looked_at.out)
    text = report(looked_at.out).read_text("utf-8")
    assert MARK not in text
    assert "block" in text


def test_a_second_ctrl_c_while_the_end_is_drawn_leaves_complete_files(
    looked_at: Measuring,
) -> None:
    before = figures(looked_at.out)["overview.svg"].stat().st_mtime_ns
    looked_at.signal_all(signal.SIGINT)
    wait_until(
        "the overview of the end",
        lambda: figures(looked_at.out)["overview.svg"].stat().st_mtime_ns != before,
    )
    looked_at.signal_all(signal.SIGINT)
    assert "Traceback" not in looked_at.end()
    assert looked_at.process.returncode == Exit.INTERRUPTED
    assert set(figures(looked_at.out)) >= NAMES
    assert report(looked_at.out).is_file()
    check_whole(looked_at.out)


def test_what_kill_leaves_is_whole_and_the_report_command_ends_the_first_look(
    tmp_path: Path, invoke: Invoke
) -> None:
    with measuring(tmp_path, *TWO, "--budget", "60s") as it:
        wait_until("a figure", lambda: "overview.svg" in figures(it.out))  # others are not drawn
        it.process.kill()
        it.process.wait(LONG_S)
        check_whole(tmp_path)
    code, _, err = invoke("report", "--out", tmp_path)
    assert (code, err) == (Exit.SUCCESS, "")
    text = report(tmp_path).read_text("utf-8")
    assert MARK not in text
    assert "First look: 2 blocks, too few for intervals." in text
