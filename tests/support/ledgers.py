"""A small ledger over the demo workload, for the tests to change one thing of."""

from __future__ import annotations

from harness.claims import judge, ledger
from harness.claims.judgement import JudgedClaim
from harness.claims.ledger import Claim
from harness.results.records import Trial
from tests.support.factories import analysed

# Everything that a ledger can say of a value, of a ratio, and of what is not measured yet.
LEDGER = """\
[documents]
D = "A document"

[claims.quick]
says = "A demo takes 50 ms."
reading = "The time of ten waits at once."
sources = ["D: A section: the first", "D: Another"]
workload = "demo"
this = "asyncio"
measure = "elapsed"
range = "40 to 60 ms"

[claims."better-2.0"]
says = "trio is better."
reading = "Ten waits per unit of time."
sources = ["D: A section"]
workload = "demo"
case = "tasks-100"
this = "trio"
to = "asyncio · threads"
to_case = "tasks-1"
measure = "elapsed / tasks"
label = "time per task"
range = "at most 0.5x"

[claims.later]
says = "Something else happens."
reading = "What is seen."
sources = ["D: A section"]
waits_for = "behaviour"
"""

MS = 1_000_000


def a_claim(range_: str = "40 to 60 ms", **keys: str) -> Claim:
    """Return a claim of the time of asyncio in the demo; `keys` change what it asks for."""
    asked = {"workload": "demo", "this": "asyncio", "measure": "elapsed", "range": range_, **keys}
    if not asked["measure"].isidentifier():
        asked.setdefault("label", "as reckoned")
    lines = "".join(f'{key} = "{value}"\n' for key, value in asked.items())
    head = LEDGER[: LEDGER.index('workload = "')]
    (claim,) = ledger.parse(head + lines, "own.toml")
    return claim


def checked(claim: Claim, *of: Trial, **more: object) -> JudgedClaim:
    """Hold one claim against a run of the demo."""
    (found,) = judge.judge_claims([claim], analysed(*of, **more))  # type: ignore[arg-type]
    return found
