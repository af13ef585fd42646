"""The contradicted claims that are furthest from what was measured. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from harness.claims.judgement import ClaimVerdict, JudgedClaim

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_surprises(
    judged: Sequence[JudgedClaim], most: int, *, one_a_workload: bool = False
) -> list[JudgedClaim]:
    """Return at most `most` contradicted claims, the furthest first.

    With `one_a_workload`, each workload gives its furthest only.
    """
    wrong = [one for one in judged if one.verdict is ClaimVerdict.CONTRADICTED and one.is_measured]
    wrong.sort(key=_distance, reverse=True)
    if one_a_workload:
        first: dict[str, JudgedClaim] = {}
        for claim in wrong:
            first.setdefault(workload_of(claim), claim)
        wrong = list(first.values())
    return wrong[:most]


def workload_of(claim: JudgedClaim) -> str:
    """Return the workload that a claim is measured by; empty for behaviours."""
    return "" if claim.claim.measure is None else claim.claim.measure.workload


def _distance(claim: JudgedClaim) -> float:
    """Return the logarithm of the factor by which a value is beyond the nearer end of its range.

    It is 0 where one of both is 0: there is no factor.
    """
    ends = () if claim.range is None else (claim.range.low, claim.range.high)
    known = [end for end in ends if end is not None]
    if not claim.value or not known or min(claim.value, *known) <= 0:
        return 0.0
    return min(abs(math.log(claim.value / end)) for end in known)
