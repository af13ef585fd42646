"""Claims against a run: which hold, which are contradicted, which cannot be said. Pure.

The verdict is the interval's, and not the estimate's: what straddles an end of the documented range
is undecided, and so is what has no interval.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from harness import units
from harness.statistics import estimates
from harness.statistics.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.catalog.workload import Metric
    from harness.claims.ledger import Claim, Measure, Range

CORES = "logical_cores"
_POINTS = 201  # between the ends of an interval, where a formula is looked at


class Verdict(StrEnum):
    """What a run says of a claim, by its reading, on its machine."""

    HOLDS = "holds"  # the interval lies inside the range
    CONTRADICTED = "contradicted"  # it lies outside
    UNDECIDED = "undecided"  # it straddles an end, or there is none
    UNMEASURED = "unmeasured"  # no such workload yet, or not in this run


@dataclass(frozen=True)
class Checked:
    """A claim, and what a run says of it. Values are in base units, None where unknown."""

    claim: Claim
    verdict: Verdict
    sentence: str  # what was found, or why nothing was; for people
    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0  # processes, or blocks of a ratio
    warnings: tuple[str, ...] = ()  # on the numbers it rests on

    @property
    def range(self) -> Range | None:
        """The documented range; None where nothing measures it yet."""
        return self.claim.range

    @property
    def unit(self) -> str:
        """The base unit of values and range; empty where nothing measures it yet."""
        return "" if self.claim.range is None else self.claim.range.unit

    @property
    def is_measured(self) -> bool:
        """Whether there is a value at all."""
        return self.value is not None


class _Missing(Exception):  # noqa: N818 - it is no error: most runs lack something
    """Why a run has no value for a claim."""


def check(claims: Sequence[Claim], analysis: Analysis) -> list[Checked]:
    """Hold every claim against a run, in the order of the ledgers."""
    return [_checked(claim, analysis) for claim in claims]


def counted(results: Sequence[Checked]) -> dict[Verdict, int]:
    """Return how many claims have each verdict, those with none too."""
    found = Counter(one.verdict for one in results)
    return {verdict: found[verdict] for verdict in Verdict}


def summary(results: Sequence[Checked]) -> str:
    """Say what a run says of all claims together, in a sentence."""
    number = counted(results)
    measured = len(results) - number[Verdict.UNMEASURED]
    if not measured:
        return f"None of {units.format_count(len(results), 'claim')} is measured by this run"
    words = {
        Verdict.HOLDS: "holds" if number[Verdict.HOLDS] == 1 else "hold",
        Verdict.CONTRADICTED: f"{_be(number[Verdict.CONTRADICTED])} contradicted",
        Verdict.UNDECIDED: f"{_be(number[Verdict.UNDECIDED])} undecided",
    }
    parts = [f"{number[verdict]} {text}" for verdict, text in words.items() if number[verdict]]
    listed = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"Of {units.format_count(measured, 'claim')} that this run measures, {listed}"


def _be(number: int) -> str:
    return "is" if number == 1 else "are"


_ADVICE = {
    Verdict.CONTRADICTED: "correct the sentence and its range, or find what has changed",
    Verdict.UNDECIDED: "measure for longer, or claim less: a wider range",
    Verdict.UNMEASURED: "measure that too, or leave the claim out",
}


def complaints(results: Sequence[Checked]) -> list[str]:
    """Say in a line of each claim that does not hold what is said, what was found, what to do."""
    return [
        f"{one.claim.ledger}: {one.claim.id}: {one.verdict.value}: “{one.claim.says}”"
        f" {one.sentence} What to do: {_ADVICE[one.verdict]}."
        for one in results
        if one.verdict is not Verdict.HOLDS
    ]


def document(analysis: Analysis, results: Sequence[Checked]) -> dict[str, Any]:
    """Return what was found for programs; values and ranges in base units."""
    return {
        "run": analysis.run.id,
        "counts": {verdict.value: n for verdict, n in counted(results).items()},
        "claims": [
            {
                "id": one.claim.id,
                "verdict": one.verdict.value,
                "says": one.claim.says,
                "reading": one.claim.reading,
                "sources": [
                    {"document": source.document, "section": source.section}
                    for source in one.claim.sources
                ],
                "ledger": one.claim.ledger,
                "waits_for": one.claim.waits_for or None,
                "unit": one.unit or None,
                "range": None
                if one.range is None
                else {"low": one.range.low, "high": one.range.high, "text": one.range.text},
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "n": one.n,
                "sentence": one.sentence,
                "warnings": list(one.warnings),
            }
            for one in results
        ],
    }


def shown(one: Checked) -> str:
    """Return the measured value with its interval, in people's units: `1.09 µs [1.08, 1.11]`."""
    if one.value is None:
        return ""
    text = units.format_value(one.value, one.unit)
    if one.low is None or one.high is None:
        return text
    ends = [units.format_value(end, one.unit) for end in (one.low, one.high)]
    _, space, unit = text.partition(" ")
    if all(end.partition(" ")[2] == unit for end in ends):
        ends = [end.removesuffix(space + unit) for end in ends]
    return f"{text} [{', '.join(ends)}]"


def _checked(claim: Claim, analysis: Analysis) -> Checked:
    measure, range_ = claim.measure, claim.range
    if measure is None or range_ is None:
        reason = f"It waits for the workload {claim.waits_for}, not written yet."
        return Checked(claim, Verdict.UNMEASURED, reason)
    try:
        return _judged(claim, measure, range_, analysis)
    except _Missing as missing:
        return Checked(claim, Verdict.UNMEASURED, f"{missing}.")


def _judged(claim: Claim, measure: Measure, range_: Range, analysis: Analysis) -> Checked:
    result = analysis.workloads.get(measure.workload)
    if result is None:
        raise _Missing(f"{measure.workload} was not part of this run")
    metric = _metric(measure, range_, result)
    cells = [_cell(result, measure.case, measure.this)]
    if measure.to is not None:
        cells.append(_cell(result, measure.to_case, measure.to))
        estimate = _ratio(measure, metric, result, cells, analysis)
    else:
        constants = _constants(measure, metric, cells[0], analysis)
        estimate = _through(measure, metric, cells[0].metrics[metric.id], constants)
    verdict, why = _verdict(measure, estimate, range_, result, cells)
    one = Checked(claim, verdict, why, estimate.value, estimate.low, estimate.high, estimate.n)
    return replace(
        one,
        sentence=f"{_what(measure, metric)}: {shown(one)}, {why}.",
        warnings=tuple(
            dict.fromkeys(f"{cell.name}: {text}" for cell in cells for text in cell.warnings)
        ),
    )


# --- what a run has of what a claim asks for


def _metric(measure: Measure, range_: Range, result: WorkloadResult) -> Metric:
    """Return the one metric that a formula is of; what else it names must be known too."""
    workload = result.workload
    named = [workload.metrics[name] for name in workload.metrics if name in measure.formula.names]
    constants = {name for name, param in workload.params.items() if not param.choices} | {CORES}
    strangers = sorted(measure.formula.names - set(workload.metrics) - constants)
    if strangers or len(named) != 1:
        raise _Missing(
            f"{workload.id} measures {', '.join(workload.metrics)}: found"
            f" `{measure.formula.text}`, expected a formula of one of these"
        )
    metric = named[0]
    if measure.is_ratio and metric.baselines:
        raise _Missing(
            f"{metric.id} is a ratio to a baseline already: found it with `to`, expected it without"
        )
    base = metric.unit.partition("/")[0]
    fitting = {metric.unit, base} if base in ("ns", "bytes") else {metric.unit}
    if not measure.is_ratio and measure.formula.text == metric.id and range_.unit not in fitting:
        raise _Missing(
            f"{metric.id} is in {metric.unit}: found the range `{range_.text}`, expected that unit"
        )
    return metric


def _cell(result: WorkloadResult, case: str, contestant: Contestant) -> CellResult:
    """Return a cell that has values. Raises _Missing."""
    where = f"{result.workload.id} {case}"
    if case not in result.workload.cases:
        raise _Missing(
            f"{result.workload.id} has no case {case}; it has: {', '.join(result.workload.cases)}"
        )
    name = contestant.name
    one = next((one for one in result.cases.get(case, ()) if one.contestant == contestant), None)
    if one is None:
        raise _Missing(f"{name} in {where} was not part of this run")
    if one.absent is not None:
        why = one.absent.absence.words
        raise _Missing(f"{name} in {where}: {why}: {one.absent.reason}".rstrip("."))
    if not one.attempts:
        raise _Missing(f"{name} in {where} was not measured yet")
    if one.failures == one.attempts:
        raise _Missing(f"{name} in {where}: every trial failed: {one.message}".rstrip("."))
    return one


def _constants(
    measure: Measure, metric: Metric, one: CellResult, analysis: Analysis
) -> dict[str, float]:
    """Return what else a formula may name, in a case as this model does it. Raises _Missing."""
    if metric.id not in one.metrics:
        where = f"{measure.workload} {one.cell.case}"
        raise _Missing(f"{one.name} in {where} has no value of {metric.id}")
    numbers = {name: float(n) for name, n in one.case.params.items() if not isinstance(n, str)}
    return {CORES: float(analysis.run.machine.logical_cores), **numbers}


def _ratio(
    measure: Measure,
    metric: Metric,
    result: WorkloadResult,
    cells: Sequence[CellResult],
    analysis: Analysis,
) -> Estimate:
    """Return the ratio of two cells: inside blocks, or of groups where their cases differ."""
    these, those = (
        _series(measure, metric, one, _constants(measure, metric, one, analysis)) for one in cells
    )
    if measure.case == measure.to_case:
        pairs = [(these[block], those[block]) for block in these if block in those]
        found = estimates.ratio(pairs)
    else:
        found = estimates.ratio_of_groups(list(these.values()), list(those.values()))
    if found is None:
        raise _Missing(
            f"{_what(measure, metric)}: no ratio: no common block, or a value that is not positive"
        )
    return found


def _series(
    measure: Measure, metric: Metric, one: CellResult, constants: dict[str, float]
) -> dict[int, float]:
    """Return what a formula makes of a cell's values, by block. Raises _Missing."""
    blocks = one.by_block[metric.id]
    values = np.array(list(blocks.values()))
    found = measure.formula.over({**constants, metric.id: values}, values.size)
    if not np.isfinite(found).all():
        raise _Missing(f"`{measure.formula.text}` has no value in this run")
    return dict(zip(blocks, found.tolist(), strict=True))


def _through(
    measure: Measure, metric: Metric, estimate: Estimate, constants: dict[str, float]
) -> Estimate:
    """Put an estimate through a formula, and its interval: whatever lies between its ends."""
    ends = (estimate.value, estimate.value)
    if estimate.low is not None and estimate.high is not None:
        ends = (estimate.low, estimate.high)
    points = np.array([estimate.value, *np.linspace(*ends, _POINTS)])
    found = measure.formula.over({**constants, metric.id: points}, points.size)
    if not np.isfinite(found).all():
        raise _Missing(f"`{measure.formula.text}` has no value in this run")
    if not estimate.has_interval:
        return Estimate(float(found[0]), None, None, estimate.n)
    return Estimate(float(found[0]), float(found.min()), float(found.max()), estimate.n)


# --- what it comes to


def _verdict(
    measure: Measure,
    estimate: Estimate,
    range_: Range,
    result: WorkloadResult,
    cells: Sequence[CellResult],
) -> tuple[Verdict, str]:
    """Return the verdict, and the end of the sentence that says why."""
    failed = [one for one in cells if one.failures]
    if failed:
        one = failed[0]
        return Verdict.UNDECIDED, (
            f"but {one.failures} of {one.attempts} trials of {one.name} failed, and those"
            " that did not are no fair sample"
        )
    low, high, said = estimate.low, estimate.high, f"what is claimed ({range_.text})"
    if low is None or high is None:
        return Verdict.UNDECIDED, f"from too few processes to hold against {said}"
    floor = (result.comparison.floor or 1.0) if measure.is_ratio else 1.0
    within_noise = 1 / floor < estimate.value < floor
    if within_noise:  # no ratio nearer to 1 is called real, whatever its interval
        low, high = min(low, 1 / floor), max(high, floor)
    least = -np.inf if range_.low is None else range_.low
    most = np.inf if range_.high is None else range_.high
    if least <= low and high <= most:
        return Verdict.HOLDS, f"within {said}"
    if high < least:
        return Verdict.CONTRADICTED, f"less than {said}{_far(least, high)}"
    if low > most:
        return Verdict.CONTRADICTED, f"more than {said}{_far(most, low)}"
    if within_noise:
        percent = units.format_significant(100 * (floor - 1), 2)
        given = f", given a noise floor of {percent}%"
        return Verdict.UNDECIDED, f"neither within nor beyond {said}{given}"
    return Verdict.UNDECIDED, f"neither within nor beyond {said}"


def _far(end: float, nearest: float) -> str:
    """Say how far beyond an end of a range the whole interval lies, where it lies far."""
    if end <= 0 or nearest <= 0:
        return ""
    factor = max(end / nearest, nearest / end)
    far = 2
    return (
        f" by a factor of {units.format_significant(factor, 2)} at least" if factor >= far else ""
    )


def _what(measure: Measure, metric: Metric) -> str:
    """Name what is measured: `asyncio, time per hand-over`."""
    of, this = measure.label or metric.label, measure.this.name
    if measure.to is None:
        return f"{this}, {of}"
    if measure.case == measure.to_case:
        return f"{this} to {measure.to.name}, {of}"
    return f"{this} in {measure.case} to {measure.to.name} in {measure.to_case}, {of}"
