"""Where something cannot be written, the rest is done, and one line says what is missing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

import harness.presenting
from harness.errors import Exit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Invoke


@pytest.fixture
def deleted_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()


class NoCache:
    """Matplotlib is imported on a machine where it can write nowhere."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "harness.presenting.figures":
            raise OSError("Matplotlib requires access to a writable cache directory")


def test_without_a_cache_for_matplotlib_there_is_a_report_without_figures(
    invoke: Invoke, small_results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "meta_path", [NoCache(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "harness.presenting.figures", raising=False)
    monkeypatch.delattr(harness.presenting, "figures", raising=False)
    code, out, err = invoke("plot", "--out", small_results)
    assert code == Exit.NOT_POSSIBLE
    assert err.count("\n") == 1
    assert "set MPLCONFIGDIR" in err
    assert out.endswith("report.html")
    assert (small_results / "latest" / "report.html").is_file()


@pytest.mark.usefixtures("deleted_directory")
def test_a_run_is_drawn_from_a_directory_that_has_been_deleted(
    invoke: Invoke, small_results: Path
) -> None:
    code, out, err = invoke("report", "--out", small_results)
    assert (code, err) == (0, "")
    assert str(small_results) in out


@pytest.mark.usefixtures("deleted_directory", "asked_once")
def test_what_needs_the_directory_that_has_been_deleted_says_so(invoke: Invoke) -> None:
    assert invoke("ab", "HEAD") == (
        Exit.NOT_POSSIBLE,
        "",
        "loombench: the current directory has been deleted; change to another one\n",
    )
