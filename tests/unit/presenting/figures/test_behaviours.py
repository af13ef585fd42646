"""The picture of the behaviours: every answer is in it, and what is remarkable is marked."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from harness.behaviours import judge
from harness.presenting.figures import behaviours, style
from tests.support.observations import observed, observed_too
from tests.support.pages import analysis_of

WORDS = {"asyncio": ["one"] * 4 + ["other"], "trio": ["other"] * 5, "threads": ["one"] * 5}


def drawn() -> Figure:
    with style.applied():
        rows = judge.table(observed(WORDS))
        return behaviours.figure(analysis_of("contestants without a rank"), rows)


def test_every_answer_is_there_and_no_model_without_one() -> None:
    (axes,) = drawn().axes
    words = [text.get_text().replace("\n", " ") for text in axes.texts]
    assert words == ["varies: one, other", "other", "one"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["asyncio", "trio", "threads"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["What happens?"]


def test_varying_answers_are_hatched_and_undocumented_ones_framed() -> None:
    (axes,) = drawn().axes
    cells = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [bool(cell.get_hatch()) for cell in cells] == [True, False, False]
    framed = [cell.get_linewidth() > 1 for cell in cells]
    assert framed == [True, True, False]


def test_what_another_runtime_answers_otherwise_stands_below() -> None:
    stored = observed_too(observed(WORDS), "3.14", {"trio": "one", "threads": "one"})
    with style.applied():
        sheet = behaviours.figure(analysis_of("contestants without a rank"), judge.table(stored))
    words = [text.get_text() for text in sheet.axes[0].texts]
    assert words[1:] == ["other\n3.14: one", "one"]
    foot = " ".join(" ".join(text.get_text().split()) for text in sheet.texts)
    assert "Below an answer: another one, on the runtime named." in foot


def test_the_title_says_how_often_models_differ() -> None:
    title = drawn().texts[0].get_text().replace("\n", " ")
    assert title == (
        "Models give different answers to 1 of 1 question about behaviour; 2 answers are not as"
        " documented"
    )


def test_nothing_is_drawn_without_answers() -> None:
    assert behaviours.answered([]) == []
    assert behaviours.answered(judge.table(observed({}))) == []
