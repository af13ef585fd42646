"""The scorecard of claims: every measured claim with its verdict, legible, also in greyscale."""

from __future__ import annotations

import itertools

import pytest
from matplotlib.colors import to_rgb

from harness.claims import judge, judgement, ledger
from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.presenting.figures.scorecard import MARKS, measured_claims
from tests.support.drawings import WITH_CLAIMS, Drawing, Page, drawing
from tests.support.scenes import LARGE

pytestmark = pytest.mark.slow  # draws whole scenes

MANY = "each shape"  # claims, so that they are pages
MEASURED = [scene for scene in WITH_CLAIMS if scene not in (*LARGE, MANY, "nothing measured yet")]


def results(it: Drawing) -> list[JudgedClaim]:
    return measured_claims(judge.judge_claims(ledger.load(), it.analysis))


def page_of(scene: str) -> Page:
    return drawing(scene).pages["claims"]


@pytest.mark.parametrize("scene", [*MEASURED, MANY, "nothing measured yet"])
def test_it_is_drawn_where_at_least_one_claim_was_measured(scene: str) -> None:
    it = drawing(scene)
    assert ("claims" in it.pages) == bool(results(it))


@pytest.mark.parametrize("scene", MEASURED)
def test_every_measured_claim_is_there_with_its_verdict_and_its_range(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    read = page.words()
    for claim in results(it):
        assert claim.range is not None
        assert claim.claim.says in read
        assert f"claimed: {claim.range.text}" in read
    words = [text.get_text() for text, _ in page.texts]
    for verdict in MARKS:
        assert words.count(verdict.value) == sum(claim.verdict is verdict for claim in results(it))


@pytest.mark.parametrize("scene", MEASURED)
def test_a_dot_lies_at_the_value_with_the_mark_of_the_verdict(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    dots = [
        (line.get_xdata()[0], line.get_marker())
        for axes, _ in page.panels
        for line in axes.get_lines()
        if line.get_marker() not in ("None", "", None)
    ]
    expected = [(claim.value, MARKS[claim.verdict].marker) for claim in results(it)]
    assert sorted(dots) == sorted(expected)


@pytest.mark.parametrize("scene", MEASURED)
def test_a_panel_has_one_unit_and_shows_every_end_of_range_and_interval(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    units = list(dict.fromkeys(claim.unit for claim in results(it)))
    assert len(page.panels) == len(units)
    by_rows = {len(axes.get_yticks()): axes.get_xlim() for axes, _ in page.panels}
    for unit in units:
        rows = [claim for claim in results(it) if claim.unit == unit]
        assert len(rows) in by_rows
    for axes, _ in page.panels:
        low, high = axes.get_xlim()
        for patch in axes.patches:
            assert low <= patch.get_x() < patch.get_x() + patch.get_width() <= high


@pytest.mark.parametrize("scene", MEASURED)
def test_the_title_counts_verdicts_and_the_foot_what_is_not_shown(scene: str) -> None:
    it, page = drawing(scene), page_of(scene)
    numbers = [claim for claim in ledger.load() if not claim.is_observed]
    everything = judge.judge_claims(numbers, it.analysis)
    assert page.title() == judgement.summary_sentence(everything)
    others = judgement.count_verdicts(everything)[ClaimVerdict.UNMEASURED]
    assert f"Not shown: {others} claim" in page.words()


def topics(it: Drawing) -> set[str]:
    return {name for name in it.pages if name.startswith("claims-")}


def test_many_claims_are_pages_by_topic_and_first_those_that_are_contradicted() -> None:
    it = drawing(MANY)
    own = {name: it.pages[name].words() for name in ("claims", *topics(it))}
    for claim in results(it):
        on = [name for name, words in own.items() if claim.claim.says in words]
        assert len(on) == 1 + ("claims" in on)
        assert claim.verdict is ClaimVerdict.CONTRADICTED or "claims" not in on  # some are
    for name in own:
        rows = sum(len(axes.get_yticks()) for axes, _ in it.pages[name].panels)
        assert 0 < rows <= 14
    (waiting,) = (name for name in own if name in ("claims-waiting", "claims-waiting-part-1"))
    assert it.pages[waiting].title().startswith("Claims on waiting")


def grey(colour: str) -> float:
    red, green, blue = to_rgb(colour)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_verdicts_look_different_also_in_grey_and_their_words_can_be_read() -> None:
    assert set(MARKS) == set(ClaimVerdict) - {ClaimVerdict.UNMEASURED}
    for one, other in itertools.combinations(MARKS.values(), 2):
        assert one.marker != other.marker or abs(grey(one.face) - grey(other.face)) > 0.3
        assert one.ground != other.ground
    assert all(abs(grey(mark.ink) - grey(mark.ground)) > 0.6 for mark in MARKS.values())
