"""Judge claims about who ran when by a recorded trace. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.claims.ledger import STATES
from harness.traces import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.claims.ledger import Claim, ExpectedOrder
    from harness.traces.lanes import Trace
    from harness.traces.store import SceneTraces


def judge_trace(
    claim: Claim, expected: ExpectedOrder, traced: Mapping[str, SceneTraces]
) -> JudgedClaim:
    """Judge a claim by the one trace that a run has of this scene and model."""
    scene = traced.get(expected.scene)
    if scene is None:
        why = f"The scene {expected.scene} was not traced (loombench run --traces)."
        return JudgedClaim(claim, ClaimVerdict.UNMEASURED, why)
    where = f"{expected.model}, {expected.scene}"
    trace = scene.traces.get(expected.model)
    if trace is None:
        reason = scene.missing.get(expected.model, "was not part of this run")
        return JudgedClaim(claim, ClaimVerdict.UNMEASURED, f"{where}: {reason}.")
    found = _find(expected, trace)
    if not found:
        sentence = f"{where}: the trace has no lane {expected.lane}."
        return JudgedClaim(claim, ClaimVerdict.UNDECIDED, sentence)
    observed = ", ".join(found)
    verdict = ClaimVerdict.HOLDS if found == list(expected.order) else ClaimVerdict.CONTRADICTED
    sentence = f"{where}, {_describe(expected)}: {observed}, in one trace."
    return JudgedClaim(claim, verdict, sentence, n=1, observed=observed)


def _find(expected: ExpectedOrder, trace: Trace) -> list[str]:
    """Return the order in a trace; of lanes, only of those that the claim names."""
    if expected.shows == STATES:
        lane = next((lane for lane in trace.lanes if lane.name == expected.lane), None)
        return [] if lane is None else checks.list_states(lane)
    if expected.shows == "ends":
        names = [lane.name for lane in checks.list_ends(trace)]
    else:
        names = list(dict.fromkeys(checks.list_turns(trace)))
    return [name for name in names if name in expected.order] or ["none of them"]


def _describe(expected: ExpectedOrder) -> str:
    if expected.shows == STATES:
        return f"states of {expected.lane}, in the order in which it first entered them"
    return f"the order in which lanes {expected.shows.removesuffix('s')}"
