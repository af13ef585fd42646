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


def show(chrome: Browser, tmp_path: Path, *, at: str) -> None:
    figures.draw(planted(), tmp_path, only=("mixed-map-throughput",), kinds=("svg",))
    path = tmp_path / "report.html"
    path.write_text(page.render(planted(), {}, read_svg_files(tmp_path)), encoding="utf-8")
    chrome.open(path, at=at)
    assert chrome.said == []


def test_a_form_that_nobody_has_filled_in_shows_an_example(chrome: Browser, tmp_path: Path) -> None:
    show(chrome, tmp_path, at="#map")
    said = chrome.run(ANSWER)
    assert said[:2] == [
        "For example, 5 ms of CPU and 50 ms of waiting, 200 at a time:",
        "throughput: go",
    ]
    assert not any("Measured nearby" in line for line in said)
    assert chrome.run("document.querySelectorAll('.own-mark').length") == 0
    assert chrome.run("location.hash") == "#map"


def test_the_form_answers_marks_the_map_and_is_kept_in_the_address(
    chrome: Browser, tmp_path: Path
) -> None:
    show(chrome, tmp_path, at="#map&work=5,50,200")
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
