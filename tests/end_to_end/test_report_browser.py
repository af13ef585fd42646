"""The report in a real browser: both themes, phone and desktop, by mouse and by keyboard.

Where no Chromium is, these are skipped; continuous integration installs one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.presenting.report import page
from harness.presenting.report.sources import SourceFile
from tests.support.browser import DESKTOP, PHONE, Browser, axe
from tests.support.hostile import EVIL, hostile
from tests.support.pages import report_of
from tests.support.scenes import MANY

every_view = pytest.mark.parametrize(
    ("size", "dark"),
    [(DESKTOP, False), (DESKTOP, True), (PHONE, False), (PHONE, True)],
    ids=["desktop", "desktop-dark", "phone", "phone-dark"],
)
TABLE = "document.querySelector('#c-fanout-headline table')"
ROWS = f"[...{TABLE}.tBodies[0].rows].filter(row => !row.hidden)"
# Each kind of section, its tables, figures and sources cut short: axe takes a minute for
# more. `python -m tests.bench report` has it look at a whole page.
SHORTENED = """
const kept = ["w-echo", "w-footprint", "w-heartbeat", "w-kitchen"]
for (const section of document.querySelectorAll("section.workload"))
  if (!kept.includes(section.id)) section.remove()
const cut = ["tbody tr:nth-child(n+4)", ".picture ~ .picture", "svg g > g:nth-child(n+8)",
  "code > :nth-child(n+20)"]
for (const one of document.querySelectorAll(cut.join())) one.remove()
document.querySelectorAll("section.workload").length
"""
NAMES = f"{ROWS}.map(row => row.cells[0].textContent)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_of("many workloads"), encoding="utf-8")
    return path


def test_the_page_of_a_whole_run_is_small(report: Path) -> None:
    assert report.stat().st_size < 5_000_000


@every_view
def test_a_page_opens_without_a_word_asks_for_nothing_and_fits_the_window(
    chrome: Browser, report: Path, *, size: tuple[int, int], dark: bool
) -> None:
    chrome.open(report, size, dark=dark)
    assert chrome.said == []
    assert chrome.asked == [report.resolve().as_uri()]
    assert chrome.run("window.shifted") == 0
    chrome.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert chrome.run("document.documentElement.scrollWidth") == size[0]


# Colours depend on the theme alone, and places on the size alone: two views have each of both.
@pytest.mark.parametrize(
    ("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop", "phone-dark"]
)
def test_axe_finds_nothing_serious(
    chrome: Browser, report: Path, *, size: tuple[int, int], dark: bool
) -> None:
    text = axe()
    if text is None:
        pytest.skip("axe-core is not installed")
    chrome.open(report, size, dark=dark)
    assert chrome.run(SHORTENED) == 4
    chrome.run("document.querySelectorAll('details').forEach(one => one.open = true)")
    chrome.run(text + "; 0")
    found = json.loads(
        chrome.run(
            "axe.run().then(found => JSON.stringify({passed: found.passes.length, violations:"
            " found.violations.map(one => [one.impact, one.id, one.nodes[0].html])}))"
        )
    )
    assert found["passed"] > 20
    assert [one for one in found["violations"] if one[0] in ("serious", "critical")] == []


def test_the_theme_follows_the_system_until_somebody_chooses(chrome: Browser, report: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    chrome.open(report)
    light = chrome.run(ground)
    chrome.open(report, dark=True)
    dark = chrome.run(ground)
    assert light != dark
    chrome.run("document.getElementById('theme').click()")
    assert chrome.run(ground) == light
    chrome.open(report, dark=True)
    assert chrome.run(ground) == light, "it is remembered"
    chrome.run("localStorage.clear()")


def test_a_click_sorts_by_value_and_another_turns_it_round(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    button = f"{TABLE}.querySelectorAll('th .sort')[2]"
    values = f"{ROWS}.map(row => Number(row.cells[2].dataset.key))"
    chrome.run(f"{button}.click()")
    assert chrome.run(f"{button}.closest('th').ariaSort") == "ascending"
    rising = chrome.run(values)
    assert rising == sorted(rising)
    chrome.run(f"{button}.click()")
    assert chrome.run(f"{button}.closest('th').ariaSort") == "descending"
    assert chrome.run(values) == rising[::-1]
    assert chrome.run(f"{TABLE}.querySelectorAll('[aria-sort]').length") == 1


def test_the_keyboard_sorts_too(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    chrome.run(f"{TABLE}.querySelector('th .sort').focus()")
    chrome.press("Enter", 13)
    names = chrome.run(NAMES)
    assert names == sorted(names)
    chrome.press(" ", 32)
    assert chrome.run(NAMES) == names[::-1]


def uncheck(chrome: Browser, *values: str) -> None:
    for value in values:
        chrome.run(f"document.querySelector('#filters input[value={value}]').click()")


def test_a_filter_hides_rows_and_stays_in_the_address(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    before = chrome.run(NAMES)
    uncheck(chrome, "trio", "kitchen")
    assert chrome.run(NAMES) == [name for name in before if name != "trio"]
    assert chrome.run("document.getElementById('w-kitchen').hidden") is True
    words = chrome.run("document.getElementById('shown').textContent")
    assert words == f"{len(MANY) - 1} of {len(MANY)} workloads, 14 of 15 models"
    at = chrome.run("location.hash")
    chrome.open(report, at=at)
    assert "trio" not in chrome.run(NAMES)
    assert chrome.run("document.getElementById('w-kitchen').hidden") is True
    chrome.run("document.getElementById('all').click()")
    assert chrome.run(NAMES) == before
    assert chrome.run("location.hash") == ""


def test_a_link_keeps_the_filter_and_opens_what_is_folded(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    uncheck(chrome, "trio")
    folded = ".advice a[href^='#c-heartbeat-']:not([href$=headline])"
    chrome.run(f'document.querySelector("{folded}").click()')
    assert chrome.run("location.hash").startswith("#c-heartbeat-")
    assert "models=" in chrome.run("location.hash")
    assert chrome.run("document.querySelector('#w-heartbeat details.others').open") is True
    assert "trio" not in chrome.run(NAMES)
    assert chrome.run("document.activeElement.id").startswith("c-heartbeat-")


def test_an_address_that_somebody_has_cut_shows_everything(chrome: Browser, report: Path) -> None:
    chrome.open(report, at="#models=%E0%A4%A")
    assert chrome.said == []
    assert "trio" in chrome.run(NAMES)


DUEL = "document.querySelector('#versus tbody')"
ANSWER = "document.getElementById('versus-answer').textContent"


def choose(chrome: Browser, first: str, second: str) -> None:
    for id_, name in (("versus-first", first), ("versus-second", second)):
        chrome.run(
            f"(one => {{ one.value = '{name}'; one.dispatchEvent(new Event('change')) }})"
            f"(document.getElementById('{id_}'))"
        )


def test_the_script_draws_the_first_pair_as_the_page_has_it(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    everything = "document.getElementById('versus').innerText"
    before = chrome.run(f"{DUEL}.innerHTML.replace(/\\s+/g, ' ')"), chrome.run(everything)
    choose(chrome, "trio", "sequential")
    assert chrome.run(everything) != before[1]
    choose(chrome, "asyncio", "go")
    after = chrome.run(f"{DUEL}.innerHTML.replace(/\\s+/g, ' ')"), chrome.run(everything)
    for drawn, written in zip(after, before, strict=True):
        (text, numbers), (expected, others) = apart(drawn), apart(written)
        assert text == expected
        # Python and the script round halves in their own ways.
        assert numbers == pytest.approx(others, abs=0.011)
    assert chrome.said == []


def apart(text: str) -> tuple[str, list[float]]:
    """Return a text without its percentages, and these."""
    numbers = [float(number) for number in re.findall(r"(\d+\.\d\d)%", text)]
    return re.sub(r"\d+\.\d\d%", "%", text).replace("> <", "><").strip(), numbers


def test_a_pair_stays_in_the_address_beside_the_filter(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    choose(chrome, "threads", "uvloop")
    answer = chrome.run(ANSWER)
    assert answer.startswith("uvloop is faster than threads in ")
    uncheck(chrome, "trio")
    at = chrome.run("location.hash")
    assert "versus=threads,uvloop" in at
    assert "models=" in at
    chrome.open(report, at=at)
    assert chrome.run(ANSWER) == answer
    chrome.open(report, at="#versus=%E0%A4%A,nobody")
    assert chrome.run(ANSWER).startswith("asyncio is faster than go in ")
    assert chrome.said == []


def test_at_most_three_sources_stand_side_by_side(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    shown = (
        "[...document.querySelectorAll('#w-pingpong .source')].filter(one => !one.hidden)"
        ".map(one => one.id)"
    )
    assert len(chrome.run(shown)) == 2
    chips = "document.querySelectorAll('#w-pingpong .chip[aria-pressed=false]')"
    chrome.run(f"{chips}[0].click()")
    assert len(chrome.run(shown)) == 3
    chrome.run(f"{chips}[0].click()")
    assert len(chrome.run(shown)) == 3
    pressed = "#w-pingpong .chip[aria-pressed=true]"
    chrome.run(f"document.querySelectorAll('{pressed}').forEach(one => one.click())")
    assert chrome.run(shown) == []


def test_paper_unfolds_everything_and_folds_it_again(chrome: Browser, report: Path) -> None:
    chrome.open(report)
    folded = "document.querySelectorAll('details:not([open])').length"
    before = chrome.run(folded)
    assert before > 10
    chrome.run("dispatchEvent(new Event('beforeprint'))")
    assert chrome.run(folded) == 0
    chrome.run("dispatchEvent(new Event('afterprint'))")
    assert chrome.run(folded) == before
    assert chrome.pdf().startswith(b"%PDF")


def test_a_hostile_run_does_nothing(chrome: Browser, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(page.render(hostile(), {EVIL: SourceFile(EVIL)}, {}), encoding="utf-8")
    chrome.open(path)
    assert chrome.said == []
    assert chrome.run("window.pwned") is None
    assert chrome.run("document.images.length") == 0
    chrome.run("document.querySelectorAll('button, input').forEach(one => one.click())")
    assert chrome.run("window.pwned") is None
    assert chrome.said == []
