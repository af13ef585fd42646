"""`loombench report`: it draws what is missing, and writes one page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.claims import ledger
from tests.support.command import Invoke
from tests.support.ledgers import LEDGER
from tests.support.pages import Parsed, parsed


def test_report_draws_what_is_missing_and_writes_one_page(
    invoke: Invoke, small_results: Path
) -> None:
    code, out, err = invoke("report", "--out", small_results)
    assert (code, err) == (0, "")
    folder = (small_results / "latest").resolve()
    found: Parsed = parsed((folder / "report.html").read_text(encoding="utf-8"))
    assert found.mistakes == []
    assert found.all("svg")
    assert out.endswith("report.html")
    assert (folder / "summary.csv").is_file()


def test_report_draws_nothing_anew_that_is_up_to_date(invoke: Invoke, small_results: Path) -> None:
    invoke("report", "--out", small_results)
    overview = small_results / "latest" / "figures" / "overview.svg"
    overview.write_text('<svg viewBox="0 0 200 100"><title>mine</title></svg>')
    invoke("report", "--out", small_results)
    assert "mine" in (small_results / "latest" / "report.html").read_text(encoding="utf-8")


def test_claims_are_drawn_of_the_ledgers_that_are_named_now(
    invoke: Invoke, small_results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, mine = tmp_path / "own.toml", tmp_path / "mine.toml"
    own.write_text(LEDGER, encoding="utf-8")
    mine.write_text(re.sub(r"claims\.\"?", "\\g<0>my-", LEDGER).replace("A demo", "My demo"))
    monkeypatch.setattr(ledger, "BUILT_IN", own)
    path = small_results / "latest" / "report.html"
    said = []
    for ledgers in ((), ("--ledger", mine), ()):
        assert invoke("report", *ledgers, "--out", small_results)[0] == 0
        (claims,) = parsed(path.read_text(encoding="utf-8")).all("section", id="claims")
        said.append(" ".join(claims.text.split()).count("My demo takes 50 ms."))
    assert said == [0, 2, 0]  # in the figure, and in the table
