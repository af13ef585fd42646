"""Judged claims, and how they are put into words. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from harness import units

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.run_results import Analysis
    from harness.claims.ledger import Claim, Range


class ClaimVerdict(StrEnum):
    """The result of testing a claim, in its reading, on the machine of the run."""

    HOLDS = "holds"  # the interval lies inside the claimed range
    CONTRADICTED = "contradicted"  # the interval lies outside
    UNDECIDED = "undecided"  # the interval crosses an end, or there is none
    UNMEASURED = "unmeasured"  # the workload does not exist yet, or is not part of this run


@dataclass(frozen=True)
class JudgedClaim:
    """A claim with its verdict. Values are in base units, None if unknown."""

    claim: Claim
    verdict: ClaimVerdict
    sentence: str  # what was measured, or why nothing was; for people
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0  # processes; for a ratio, blocks
    warnings: tuple[str, ...] = ()  # on the measured values
    observed: str = ""  # of a behaviour or a trace

    @property
    def range(self) -> Range | None:
        """The claimed range; None if no workload measures the claim yet."""
        return self.claim.range

    @property
    def claimed(self) -> str:
        """The claimed range, or the claimed word; empty if nothing measures the claim yet."""
        if self.claim.behaviour is not None:
            return self.claim.behaviour.word
        if self.claim.trace is not None:
            return ", ".join(self.claim.trace.order)
        return "" if self.range is None else self.range.text

    @property
    def unit(self) -> str:
        """The base unit of values and range; empty if no workload measures the claim yet."""
        return "" if self.claim.range is None else self.claim.range.unit

    @property
    def is_measured(self) -> bool:
        """Whether there is a measured value."""
        return self.value is not None


def count_verdicts(judged: Sequence[JudgedClaim]) -> dict[ClaimVerdict, int]:
    """Return the number of claims with each verdict, zeros included."""
    counts = Counter(claim.verdict for claim in judged)
    return {verdict: counts[verdict] for verdict in ClaimVerdict}


def summary_sentence(judged: Sequence[JudgedClaim]) -> str:
    """Return the number of claims with each verdict as one sentence."""
    counts = count_verdicts(judged)
    measured = len(judged) - counts[ClaimVerdict.UNMEASURED]
    if not measured:
        return f"This run measures none of {units.format_count(len(judged), 'claim')}"
    words = {
        ClaimVerdict.HOLDS: "holds" if counts[ClaimVerdict.HOLDS] == 1 else "hold",
        ClaimVerdict.CONTRADICTED: f"{_is_or_are(counts[ClaimVerdict.CONTRADICTED])} contradicted",
        ClaimVerdict.UNDECIDED: f"{_is_or_are(counts[ClaimVerdict.UNDECIDED])} undecided",
    }
    parts = [f"{counts[verdict]} {text}" for verdict, text in words.items() if counts[verdict]]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"Of {units.format_count(measured, 'measured claim')}, {listed}"


def _is_or_are(number: int) -> str:
    return "is" if number == 1 else "are"


_ADVICE = {
    ClaimVerdict.CONTRADICTED: "correct the sentence and its range, or find what has changed",
    ClaimVerdict.UNDECIDED: "measure longer, or claim a wider range",
    ClaimVerdict.UNMEASURED: "measure it too, or remove the claim",
}


def complaints(judged: Sequence[JudgedClaim]) -> list[str]:
    """Return one line for each claim that does not hold: the claim, the result, what to do."""
    return [
        f"{result.claim.ledger}: {result.claim.id}: {result.verdict.value}:"
        f" “{result.claim.says}” {result.sentence} What to do: {_ADVICE[result.verdict]}."
        for result in judged
        if result.verdict is not ClaimVerdict.HOLDS
    ]


def json_document(analysis: Analysis, judged: Sequence[JudgedClaim]) -> dict[str, Any]:
    """Return the verdicts for programs; values and ranges in base units."""
    return {
        "run": analysis.run.id,
        "counts": {verdict.value: n for verdict, n in count_verdicts(judged).items()},
        "claims": [_json_claim(result) for result in judged],
    }


def _json_claim(result: JudgedClaim) -> dict[str, Any]:
    return {
        "id": result.claim.id,
        "verdict": result.verdict.value,
        "says": result.claim.says,
        "reading": result.claim.reading,
        "sources": [
            {"document": citation.document, "section": citation.section}
            for citation in result.claim.citations
        ],
        "ledger": result.claim.ledger,
        "waits_for": result.claim.waits_for or None,
        "behaviour": None
        if (expected := result.claim.behaviour) is None
        else {
            "question": expected.question,
            "model": expected.model,
            "is": expected.word,
        },
        "trace": None
        if (order := result.claim.trace) is None
        else {
            "scene": order.scene,
            "model": order.model,
            "shows": order.shows,
            "lane": order.lane or None,
            "is": list(order.order),
        },
        "unit": result.unit or None,
        "range": None
        if result.range is None
        else {
            "low": result.range.low,
            "high": result.range.high,
            "text": result.range.text,
        },
        "value": result.value,
        "low": result.low,
        "high": result.high,
        "n": result.n,
        "sentence": result.sentence,
        "warnings": list(result.warnings),
    }


def format_measured(result: JudgedClaim) -> str:
    """Return the measured value with its interval, in people's units: `1.09 µs [1.08, 1.11]`.

    Of a behaviour or a trace, returns what was observed.
    """
    if result.value is None:
        return result.observed
    text = units.format_value(result.value, result.unit)
    if result.low is None or result.high is None:
        return text
    ends = [units.format_value(end, result.unit) for end in (result.low, result.high)]
    _, space, unit = text.partition(" ")
    if all(end.partition(" ")[2] == unit for end in ends):
        ends = [end.removesuffix(space + unit) for end in ends]
    return f"{text} [{', '.join(ends)}]"
