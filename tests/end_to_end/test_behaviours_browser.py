"""The behaviours in a browser: filters hide rows and columns, links open the evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.behaviours import judge
from harness.presenting.report import behaviours_view, page
from harness.presenting.report.sources import SourceFile, highlight
from tests.support.browser import DESKTOP, PHONE, Browser, axe
from tests.support.observations import observed
from tests.support.scenes import analysis_of

WORDS = {"asyncio": ["one"] * 4 + ["other"], "trio": ["other"] * 5, "threads": ["nonsense"]}
SHOWN = "document.querySelectorAll('table.behaviours {}:not([hidden])').length"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    stored = observed(WORDS)
    code = highlight("def probe(witness):\n    return 'one'\n", "on_asyncio.py")
    files = {one.source: SourceFile(one.source, code) for one in stored.observations}
    section = behaviours_view.section(stored.heading, judge.table(stored), files)
    path = tmp_path_factory.mktemp("report") / "report.html"
    text = page.render(analysis_of("contestants without a rank"), {}, {}, (), section)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_address_chooses_models_and_questions(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    assert chrome.run(SHOWN.format("thead th")) == 5
    assert chrome.run(SHOWN.format("tbody tr")) == 1
    chrome.run("location.hash = '#behaviours&models=trio,go'")
    chrome.run("new Promise(done => setTimeout(() => done(0), 50))")
    assert chrome.run(SHOWN.format("thead th")) == 3
    chrome.run("document.querySelector('input[name=questions]').click()")
    assert chrome.run(SHOWN.format("tbody tr")) == 0
    assert "0 of 1 questions" in chrome.run("document.getElementById('shown').textContent")


def test_a_cell_opens_its_evidence(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    is_open = "document.getElementById('b-demo').open"
    assert chrome.run(is_open) is False
    chrome.run("document.querySelector('a[href=\"#b-demo-trio\"]').click()")
    assert chrome.run(is_open) is True
    assert "trio did other" in chrome.run("document.getElementById('b-demo-trio').textContent")


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)])
def test_axe_finds_nothing_serious(
    chrome: Browser, report: Path, *, size: tuple[int, int], dark: bool
) -> None:
    text = axe()
    if text is None:
        pytest.skip("axe-core is not installed")
    chrome.open(report, size, dark=dark)
    chrome.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    chrome.run(text + "; 0")
    found = json.loads(
        chrome.run(
            "axe.run('#behaviours').then(found => JSON.stringify({passed: found.passes.length,"
            " violations: found.violations.map(one => [one.impact, one.id, one.nodes[0].html])}))"
        )
    )
    assert found["passed"] > 5
    assert [one for one in found["violations"] if one[0] in ("serious", "critical")] == []
