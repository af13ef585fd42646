"""The section of the behaviours: a table that leads to the evidence."""

from __future__ import annotations

from dataclasses import replace

from harness.behaviours import judge
from harness.presenting.report import behaviours_view, page
from harness.presenting.report.sources import SourceFile
from tests.support.observations import observed, observed_too
from tests.support.pages import analysis_of

WORDS = {"asyncio": ["one"] * 4 + ["other"], "trio": ["other"] * 5, "threads": ["<b>"]}


def view(words: dict[str, list[str]] | None = None) -> behaviours_view.BehavioursSection:
    stored = observed(WORDS if words is None else words)
    files = {one.source: SourceFile(one.source, reason="not here") for one in stored.observations}
    found = behaviours_view.section(stored.heading, judge.table(stored), files)
    assert found is not None
    return found


def rendered() -> str:
    return page.render(analysis_of("contestants without a rank"), {}, {}, (), view())


def test_a_cell_leads_to_its_evidence_and_an_empty_one_says_why() -> None:
    (question,) = view().questions
    cells = {cell.model: cell for cell in question.cells}
    assert (cells["asyncio"].text, cells["asyncio"].css) == ("varies: one, other", "varying")
    assert (cells["trio"].anchor, cells["trio"].is_different) == ("b-demo-trio", True)
    assert (cells["go"].text, cells["go"].anchor) == ("n/a", "")
    assert cells["go"].reason == "nothing happens there"


def test_another_runtime_has_its_evidence_where_it_answers_otherwise() -> None:
    stored = observed_too(observed(WORDS), "3.14", {"asyncio": "one", "trio": "one"})
    files = {one.source: SourceFile(one.source, reason="not here") for one in stored.observations}
    found = behaviours_view.section(stored.heading, judge.table(stored), files)
    assert found is not None
    (question,) = found.questions
    (trio,) = (cell for cell in question.cells if cell.model == "trio")
    (there,) = trio.elsewhere
    assert (there.runtime, there.text, there.anchor) == ("3.14", "one", "b-demo-trio-3.14")
    html = page.render(analysis_of("contestants without a rank"), {}, {}, (), found)
    assert 'id="b-demo-trio-3.14"' in html
    assert "trio @ 3.14: one" in html


def test_every_observed_word_has_the_evidence_of_one_process() -> None:
    (question,) = view().questions
    first = question.answers[0]
    assert [(seen.word, seen.times) for seen in first.seen] == [
        ("one", "4 of 5 processes"),
        ("other", "1 of 5 processes"),
    ]
    assert [seen.evidence for seen in first.seen] == [
        ("asyncio did one",),
        ("asyncio did other",),
    ]
    assert first.promise == "Documented: one. A document."


def test_what_was_printed_is_part_of_the_evidence() -> None:
    stored = observed({"go": []})
    known = observed({"asyncio": ["process dies"]}).observations[0]
    printed = type(known)(
        **{name: getattr(known, name) for name in known.__struct_fields__ if name != "stderr_end"},
        stderr_end="panic: it fails\nexit status 2",
    )
    rows = judge.table(replace(stored, observations=(printed,)))
    found = behaviours_view.section(
        stored.heading, rows, {printed.source: SourceFile(printed.source)}
    )
    assert found is not None
    (seen,) = found.questions[0].answers[0].seen
    assert seen.evidence[-1] == "standard error ends with: exit status 2"


def test_the_page_has_the_table_and_escapes_what_probes_say() -> None:
    text = rendered()
    assert 'id="behaviours"' in text
    assert 'href="#b-demo-trio"' in text
    assert 'id="b-demo-trio"' in text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_a_page_without_behaviours_has_no_such_section() -> None:
    text = page.render(analysis_of("contestants without a rank"), {}, {})
    assert 'id="behaviours"' not in text


def test_models_that_only_behaviours_have_can_be_chosen_in_the_filter() -> None:
    assert 'name="models" value="go"' in rendered()
    assert 'name="questions" value="demo"' in rendered()
