"""Question files: what they say, and every mistake that is refused."""

from __future__ import annotations

import re

import pytest

from harness.behaviours import question
from harness.behaviours.question import Promise
from harness.catalog.workload import MODELS
from harness.errors import Problem
from harness.paths import ROOT
from runner import probes
from tests.support.observations import QUESTION

SHIPPED = question.load_folder()


def test_a_question_is_read_as_it_is_written() -> None:
    found = question.parse(QUESTION, "demo", "demo.toml")
    assert (found.id, found.title, found.group) == ("demo", "What happens?", "failures")
    assert found.words["other"] == "The other thing."
    assert found.promises == dict.fromkeys(("asyncio", "trio"), Promise("one", "A document"))
    assert found.not_applicable == {"go": "nothing happens there", **question.NOT_ASKED}
    assert found.deadline_s == 10


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("happens?", "happens.", "expected a question, with its question mark"),
        ('"failures"', '"others"', "group: found"),
        ('word = "one"', 'word = "two"', "expected one of one, other, process dies"),
        ('other = "', 'Other_ = "', "expected lowercase words of at most 16 characters"),
        ('["go"]', '["tokio"]', "expected one of sequential"),
        ('["go"]', '["trio"]', "expected a model that the question applies to"),
        ('["asyncio", "trio"]', '["trio", "trio"]', "expected each model once"),
        ('probe = "', 'prob = "', "probe: found nothing"),
        ("[words]", "extra = 1\n[words]", "unknown key"),
        ('"process dies" = "The process ends."\n', "", ""),
        ('other = "The other thing."\n"process dies" = "The process ends."\n', "", "two words"),
        ("title =", "title", "not valid TOML"),
    ],
)
def test_a_mistake_is_refused(old: str, new: str, complaint: str) -> None:
    assert old in QUESTION
    text = QUESTION.replace(old, new)
    if not complaint:
        question.parse(text, "demo", "demo.toml")
        return
    with pytest.raises(Problem, match=re.escape(complaint)):
        question.parse(text, "demo", "demo.toml")


def test_there_are_at_least_thirty_questions_each_with_another_title() -> None:
    assert len({one.title for one in SHIPPED.values()}) == len(SHIPPED) >= 30


@pytest.mark.parametrize("id_", SHIPPED)
def test_every_model_has_a_probe_or_a_reason(id_: str) -> None:
    known = {found.model for found in probes.find() if found.question == id_}
    if (ROOT / "go" / "behaviours" / id_).is_dir():
        known |= {"go", "go-1cpu"}
    excused = SHIPPED[id_].not_applicable.keys()
    assert known | excused == set(MODELS)
    assert known & excused == set()


def test_every_probe_answers_a_question() -> None:
    asked = {found.question for found in probes.find()}
    asked |= {path.name for path in (ROOT / "go" / "behaviours").iterdir()}
    assert asked == SHIPPED.keys()
