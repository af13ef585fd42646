"""Claims that a behaviour decides: the same word every time, or no verdict."""

from __future__ import annotations

import re

import pytest

from harness.behaviours import judge as behaviours
from harness.claims import judge, judgement, ledger
from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.errors import Problem
from tests.support.factories import analysed
from tests.support.ledgers import LEDGER
from tests.support.observations import observed

HEAD = LEDGER[: LEDGER.index('workload = "')]
CLAIM = HEAD + 'behaviour = "demo"\nthis = "asyncio"\nis = "one"\n'


def judged(words: dict[str, list[str]], text: str = CLAIM) -> JudgedClaim:
    rows = behaviours.table(observed(words))
    (found,) = judge.judge_claims(ledger.parse(text, "own.toml"), analysed(), rows)
    return found


@pytest.mark.parametrize(
    ("words", "verdict", "shown"),
    [
        (["one"] * 5, ClaimVerdict.HOLDS, "one"),
        (["other"] * 5, ClaimVerdict.CONTRADICTED, "other"),
        (["one", "other", "one"], ClaimVerdict.UNDECIDED, "varies: one, other"),
        (["one", ""], ClaimVerdict.UNDECIDED, "failed"),
        ([], ClaimVerdict.UNMEASURED, ""),
    ],
)
def test_the_observed_word_decides(words: list[str], verdict: ClaimVerdict, shown: str) -> None:
    found = judged({"asyncio": words, "trio": ["one"]})
    assert (found.verdict, judgement.format_measured(found)) == (verdict, shown)
    assert (found.claimed, found.range, found.value) == ("one", None, None)
    assert found.sentence.endswith((".", "nothing"))


def test_without_observations_the_claim_says_how_to_get_them() -> None:
    (found,) = judge.judge_claims(ledger.parse(CLAIM, "own.toml"), analysed())
    assert found.verdict is ClaimVerdict.UNMEASURED
    assert "loombench behaviours --into" in found.sentence


def test_a_question_that_does_not_apply_is_unmeasured_with_the_reason() -> None:
    found = judged({"asyncio": ["one"]}, CLAIM.replace('"asyncio"', '"go"'))
    assert found.verdict is ClaimVerdict.UNMEASURED
    assert "nothing happens there" in found.sentence


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('is = "one"', "", "is: found nothing, expected a word"),
        ('this = "asyncio"', 'this = "not a model"', "expected a model"),
        ('is = "one"', 'is = "one"\nrange = "1 to 2x"', "range: unknown key"),
    ],
)
def test_a_mistake_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(Problem, match=re.escape(complaint)):
        ledger.parse(CLAIM.replace(old, new), "own.toml")


def test_the_document_names_question_model_and_word() -> None:
    (row,) = judgement.json_document(analysed(), [judged({"asyncio": ["one"]})])["claims"]
    assert row["behaviour"] == {"question": "demo", "model": "asyncio", "is": "one"}
