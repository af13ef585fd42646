"""The scorecard of claims: every measured one with its verdict, legible, and told apart in grey."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.colors import to_rgb

from harness.claims import judge, ledger
from harness.claims.judge import Checked, Verdict
from harness.presenting.figures.claims import MARKS, shown
from tests.support.drawings import WITH_CLAIMS, Drawing, Page, drawing

MEASURED = [scene for scene in WITH_CLAIMS if scene not in ("everything", "nothing measured yet")]


def results(it: Drawing) -> list[Checked]:
    return shown(judge.check(ledger.load(), it.analysis))


def page_of(scene: str) -> Page:
    return drawing(scene).pages["claims"]


@pytest.mark.parametrize("scene", [*MEASURED, "nothing measured yet"])
def test_it_is_drawn_where_at_least_one_claim_was_measured(scene: str) -> None:
    it = drawing(scene)
    assert ("claims" in it.pages) == bool(results(it))


@pytest.mark.parametrize("scene", MEASURED)
def test_every_measured_claim_is_there_with_its_verdict_and_its_range(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    read = page.words()
    for one in results(it):
        assert one.range is not None
        assert one.claim.says in read
        assert f"said: {one.range.text}" in read
    words = [text.get_text() for text, _ in page.texts]
    for verdict in MARKS:
        assert words.count(verdict.value) == sum(one.verdict is verdict for one in results(it))


@pytest.mark.parametrize("scene", MEASURED)
def test_a_dot_lies_at_the_value_with_the_mark_of_the_verdict(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    dots = [
        (line.get_xdata()[0], line.get_marker())
        for axes, _ in page.panels
        for line in axes.get_lines()
        if line.get_marker() not in ("None", "", None)
    ]
    expected = [(one.value, MARKS[one.verdict].marker) for one in results(it)]
    assert sorted(dots) == sorted(expected)


@pytest.mark.parametrize("scene", MEASURED)
def test_a_panel_has_one_unit_and_shows_every_end_of_range_and_interval(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    units = list(dict.fromkeys(one.unit for one in results(it)))
    assert len(page.panels) == len(units)
    by_rows = {len(axes.get_yticks()): axes.get_xlim() for axes, _ in page.panels}
    for unit in units:
        rows = [one for one in results(it) if one.unit == unit]
        assert len(rows) in by_rows
    for axes, _ in page.panels:
        low, high = axes.get_xlim()
        for patch in axes.patches:
            assert low <= patch.get_x() < patch.get_x() + patch.get_width() <= high


@pytest.mark.parametrize("scene", MEASURED)
def test_the_title_counts_verdicts_and_the_foot_what_is_not_shown(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    everything = judge.check(ledger.load(), it.analysis)
    assert page.title() == judge.summary(everything)
    waiting = sum(bool(one.claim.waits_for) for one in everything)
    assert f"Not shown: {waiting} that wait for a workload" in page.words()
    others = judge.counted(everything)[Verdict.UNMEASURED] - waiting
    assert (f"{others} that are not of this run" in page.words()) == bool(others)


def grey(colour: str) -> float:
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_verdicts_look_different_also_in_grey_and_their_words_can_be_read() -> None:
    assert set(MARKS) == set(Verdict) - {Verdict.UNMEASURED}
    for one, other in itertools.combinations(MARKS.values(), 2):
        assert one.marker != other.marker or abs(grey(one.face) - grey(other.face)) > 0.3
        assert one.ground != other.ground
    assert all(abs(grey(mark.ink) - grey(mark.ground)) > 0.6 for mark in MARKS.values())
