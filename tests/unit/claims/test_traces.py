"""Claims that a trace decides: who began or ended first, and the states of a lane."""

from __future__ import annotations

import re

import pytest

from harness.claims import judge, judgement, ledger
from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.errors import Problem
from harness.traces import store
from tests.support.factories import analysed
from tests.support.ledgers import LEDGER
from tests.support.traces import recording, traced

HEAD = LEDGER[: LEDGER.index('workload = "')]
ENDS = HEAD + 'trace = "duo"\nthis = "asyncio"\nshows = "ends"\nis = "pong, ping"\n'
STATES = ENDS.replace('"ends"', '"states"\nlane = "pong"')


def judged(text: str) -> JudgedClaim:
    known = traced(recording("asyncio"), recording("trio", missing="no trio here"))
    claims = ledger.parse(text, "own.toml")
    (found,) = judge.judge_claims(claims, analysed(), traced=store.by_scene(known))
    return found


@pytest.mark.parametrize(
    ("text", "verdict", "shown"),
    [
        (ENDS, ClaimVerdict.HOLDS, "pong, ping"),
        (ENDS.replace("pong, ping", "ping, pong"), ClaimVerdict.CONTRADICTED, "pong, ping"),
        (ENDS.replace("pong, ping", "pong"), ClaimVerdict.HOLDS, "pong"),
        (ENDS.replace("pong, ping", "pang"), ClaimVerdict.CONTRADICTED, "none of them"),
        (ENDS.replace('"ends"', '"begins"'), ClaimVerdict.CONTRADICTED, "ping, pong"),
        (
            STATES.replace("pong, ping", "created, ready, running, done"),
            ClaimVerdict.HOLDS,
            "created, ready, running, done",
        ),
        (STATES, ClaimVerdict.CONTRADICTED, "created, ready, running, done"),
        (STATES.replace('lane = "pong"', 'lane = "pang"'), ClaimVerdict.UNDECIDED, ""),
        (ENDS.replace('"asyncio"', '"trio"'), ClaimVerdict.UNMEASURED, ""),
        (ENDS.replace('"asyncio"', '"go"'), ClaimVerdict.UNMEASURED, ""),
        (ENDS.replace('"duo"', '"trio"'), ClaimVerdict.UNMEASURED, ""),
    ],
)
def test_what_the_trace_shows_decides(text: str, verdict: ClaimVerdict, shown: str) -> None:
    found = judged(text)
    assert (found.verdict, judgement.format_measured(found)) == (verdict, shown)
    assert shown in found.sentence


def test_without_a_trace_the_sentence_says_why() -> None:
    assert "no trio here" in judged(ENDS.replace('"asyncio"', '"trio"')).sentence
    assert "loombench run --traces" in judged(ENDS.replace('"duo"', '"trio"')).sentence


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('is = "pong, ping"', "", "is: found nothing, expected names in order"),
        ('"ends"', '"middle"', "expected one of begins, ends, states"),
        ('"ends"', '"states"', "lane: found nothing, expected the lane whose states are shown"),
        ('"ends"', '"ends"\nrange = "1 to 2x"', "range: unknown key"),
    ],
)
def test_a_mistake_is_refused(old: str, new: str, complaint: str) -> None:
    with pytest.raises(Problem, match=re.escape(complaint)):
        ledger.parse(ENDS.replace(old, new), "own.toml")


def test_the_document_names_scene_model_and_order() -> None:
    (row,) = judgement.json_document(analysed(), [judged(ENDS)])["claims"]
    assert row["trace"] == {
        "scene": "duo",
        "model": "asyncio",
        "shows": "ends",
        "lane": None,
        "is": ["pong", "ping"],
    }
