"""From observations to cells: agreed, varying, failed, and what differs from documentation."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.behaviours import judge
from harness.behaviours.judge import Cell, State
from harness.behaviours.records import OtherRuntime
from harness.behaviours.store import Observed
from tests.support.observations import observation, observed, observed_too


def cells(words: dict[str, list[str]], **changes: object) -> dict[str, Cell]:
    (row,) = judge.table(observed(words, **changes))
    return {cell.model: cell for cell in row.cells}


def test_the_same_word_every_time_is_the_answer() -> None:
    cell = cells({"asyncio": ["one"] * 5})["asyncio"]
    assert (cell.state, cell.text, cell.is_different) == (State.AGREED, "one", False)
    assert cell.words == (("one", 5),)


def test_one_other_word_among_twenty_is_shown_as_varying() -> None:
    cell = cells({"threads": ["one"] * 19 + ["other"]})["threads"]
    assert (cell.state, cell.text) == (State.VARYING, "varies: one, other")
    assert cell.words == (("one", 19), ("other", 1))


def test_what_is_not_as_documented_is_found() -> None:
    words = {"asyncio": ["other"] * 5, "trio": ["one", "other"], "threads": ["other"]}
    rows = judge.table(observed(words))
    found = {cell.model: cell.is_different for cell in rows[0].cells}
    assert found == {"asyncio": True, "trio": True, "threads": False, "go": False}
    first, second = judge.find_differences(rows)
    assert first == "asyncio: What happens? Promised: one (A document). Observed: other."
    assert second.endswith("Observed: varies: one, other.")


@pytest.mark.parametrize("word", ["", "something else"])
def test_a_probe_without_an_answer_fails_its_cell(word: str) -> None:
    cell = cells({"trio": ["one", word]})["trio"]
    assert cell.state is State.FAILED
    assert cell.reason


def test_a_cell_without_observations_says_why() -> None:
    found = cells({"asyncio": ["one"]}, unavailable={"trio": "trio is not installed"})
    assert (found["go"].state, found["go"].reason) == (
        State.NOT_APPLICABLE,
        "nothing happens there",
    )
    assert (found["trio"].state, found["trio"].reason) == (
        State.UNAVAILABLE,
        "trio is not installed",
    )
    assert found["threads"].state is State.MISSING


def test_other_runtimes_are_told_apart_and_shown_where_they_answer_otherwise() -> None:
    here = observed({"asyncio": ["one"], "trio": ["one"]})
    rows = judge.table(observed_too(here, "3.14", {"asyncio": "one", "trio": "other"}))
    found = {cell.model: cell for cell in rows[0].cells}
    assert found["asyncio"].elsewhere == ()
    (other,) = found["trio"].elsewhere
    assert (other.name, other.text, other.is_different) == ("trio @ 3.14", "other", True)
    assert found["trio"].text == "one"
    assert [(cell.name, cell.text) for cell in judge.list_cells(rows)][:4] == [
        ("asyncio", "one"),
        ("asyncio @ 3.14", "one"),
        ("trio", "one"),
        ("trio @ 3.14", "other"),
    ]
    assert judge.summary_sentence(rows) == (
        "1 question, 4 answers, 1 not as documented, 1 that differs between runtimes"
    )


def test_a_model_that_cannot_run_on_another_runtime_has_no_other_answer_there() -> None:
    here = observed({"asyncio": ["one"]})
    without = OtherRuntime("3.14", ("asyncio",), {"asyncio": "needs Python 3.15"})
    stored = Observed(structs.replace(here.heading, others=(without,)), here.observations)
    (cell, *_) = judge.table(stored)[0].cells
    (there,) = cell.others
    assert (cell.text, there.text, cell.elsewhere) == ("one", "unavailable", ())


def test_the_summary_counts_answers_and_what_is_remarkable() -> None:
    rows = judge.table(observed({"asyncio": ["other"], "trio": ["one", "other"]}))
    found = judge.summary_sentence(rows)
    assert found == "1 question, 2 answers, 1 varies between processes, 2 not as documented"
    agreed = judge.summary_sentence(judge.table(observed({"asyncio": ["one"]})))
    assert agreed == "1 question, 1 answer"


def test_the_document_has_words_evidence_and_promise() -> None:
    stored = observed({"asyncio": ["one", "one"]})
    document = judge.json_document(stored, judge.table(stored))
    first, *_ = document["questions"][0]["cells"]
    assert first["words"] == {"one": 2}
    assert first["evidence"] == [list(observation("asyncio", "one").evidence)] * 2
    assert first["promise"] == {"word": "one", "source": "A document"}
    assert first["differs"] is False
