"""The map in a real browser: one's own requests, the answer, the mark, and the address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.presenting import figures
from harness.presenting.report import page
from tests.support.choice_maps import planted
from tests.support.drawings import read_svg_files

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.browser import Browser

ANSWER = "[...document.querySelectorAll('.own-work .answer p')].map(one => one.textContent)"


def test_the_form_answers_marks_the_map_and_is_kept_in_the_address(
    chrome: Browser, tmp_path: Path
) -> None:
    figures.draw(planted(), tmp_path, only=("mixed-map-throughput",), kinds=("svg",))
    path = tmp_path / "report.html"
    path.write_text(page.render(planted(), {}, read_svg_files(tmp_path)), encoding="utf-8")
    chrome.open(path, at="#map&work=5,50,200")
    assert chrome.said == []
    said = chrome.run(ANSWER)
    assert said[:2] == ["throughput: go", "throughput, only Python: asyncio"]
    assert any("300 at a time" in line for line in said)
    assert chrome.run("document.querySelectorAll('.own-mark').length") == 2
    chrome.run(
        "{const input = document.querySelectorAll('.own-work input')[2]; input.value = '1';"
        " input.dispatchEvent(new Event('input', {bubbles: true}))}"
    )
    assert chrome.run(ANSWER)[0].startswith("throughput: tied or undecided")
    assert chrome.run("location.hash") == "#map&work=5,50,1"
    chrome.run(
        "{const input = document.querySelectorAll('.own-work input')[2]; input.value = '-1';"
        " input.dispatchEvent(new Event('input', {bubbles: true}))}"
    )
    assert chrome.run(ANSWER)[0].startswith("Expected:")
    assert chrome.run("document.querySelectorAll('.own-mark').length") == 0
