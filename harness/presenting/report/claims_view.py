"""The section of the claims as plain data: each with its verdict. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.claims import judgement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.claims.judgement import JudgedClaim


@dataclass(frozen=True)
class ClaimRow:
    """A claim with its verdict."""

    verdict: str
    says: str
    reading: str
    citations: str
    range: str
    measured: str
    sentence: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ClaimsSection:
    """All claims that were judged against a run."""

    summary: str
    measured: tuple[ClaimRow, ...]
    unmeasured: tuple[ClaimRow, ...]


def section(judged: Sequence[JudgedClaim]) -> ClaimsSection | None:
    """Return the section of the claims; None if there are none."""
    if not judged:
        return None
    rows = [
        ClaimRow(
            verdict=result.verdict.value,
            says=result.claim.says,
            reading=result.claim.reading,
            citations="; ".join(
                f"{citation.document}, {citation.section}" for citation in result.claim.citations
            ),
            range=result.claimed,
            measured=judgement.format_measured(result),
            sentence=result.sentence,
            warnings=result.warnings,
        )
        for result in judged
    ]
    unmeasured = judgement.ClaimVerdict.UNMEASURED.value
    return ClaimsSection(
        judgement.summary_sentence(judged),
        tuple(row for row in rows if row.verdict != unmeasured),
        tuple(row for row in rows if row.verdict == unmeasured),
    )
