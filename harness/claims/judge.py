"""Judge claims against a run: they hold, are contradicted, or cannot be decided. Pure.

The interval decides, not the estimate: a claim whose interval crosses an end of the claimed range
is undecided, and so is a claim without an interval. A server that the load generator limited could
have done more: its value is a lower bound, which can be enough.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from harness import units
from harness.analysis.comparison import find_floor
from harness.behaviours.judge import State
from harness.claims.judge_trace import judge_trace
from harness.claims.judgement import ClaimVerdict, JudgedClaim, format_measured
from harness.statistics import estimates
from harness.statistics.blocks import BlockValues, estimate_ratio, independent_values
from harness.statistics.estimates import Estimate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.behaviours.judge import Cell, Row
    from harness.catalog.contestant import Contestant
    from harness.catalog.parts import Metric
    from harness.claims.ledger import Claim, ExpectedWord, Measure, Range
    from harness.traces.store import SceneTraces

CORES = "logical_cores"
_POINTS = 201  # between the ends of an interval, at which a formula is evaluated
_FAR = 2  # factor beyond the claimed range from which the distance is stated


class _Missing(Exception):  # noqa: N818 - not an error: most runs lack something
    """Why a run has no value for a claim."""


def judge_claims(
    claims: Sequence[Claim],
    analysis: Analysis,
    behaviours: Sequence[Row] = (),
    traced: Mapping[str, SceneTraces] = MappingProxyType({}),
) -> list[JudgedClaim]:
    """Judge every claim against a run with its behaviours and its traces by scene.

    Keeps the order of the ledgers.
    """
    cells = {(cell.question, cell.model): cell for row in behaviours for cell in row.cells}

    def judge_one(claim: Claim) -> JudgedClaim:
        if claim.behaviour is not None:
            return judge_behaviour(claim, claim.behaviour, cells)
        if claim.trace is not None:
            return judge_trace(claim, claim.trace, traced)
        return _judge(claim, analysis)

    return [judge_one(claim) for claim in claims]


def judge_behaviour(
    claim: Claim, expected: ExpectedWord, cells: Mapping[tuple[str, str], Cell]
) -> JudgedClaim:
    """Judge a claim by what was observed: the same word every time decides it."""
    cell = cells.get((expected.question, expected.model))
    if cell is None:
        why = f"The behaviour {expected.question} was not observed (loombench behaviours --into)"
        return JudgedClaim(claim, ClaimVerdict.UNMEASURED, f"{why}.")
    n = len(cell.observations)
    observed = f"{expected.model}, {cell.question}: {cell.text}"
    match cell.state:
        case State.AGREED:
            holds = cell.words[0][0] == expected.word
            verdict = ClaimVerdict.HOLDS if holds else ClaimVerdict.CONTRADICTED
            times = units.format_count(n, "time")
            sentence = f"{observed}, {n} of {times}."
            return JudgedClaim(claim, verdict, sentence, n=n, observed=cell.text)
        case State.VARYING | State.FAILED:
            sentence = f"{observed}. {cell.reason}".strip()
            return JudgedClaim(claim, ClaimVerdict.UNDECIDED, sentence, n=n, observed=cell.text)
    return JudgedClaim(claim, ClaimVerdict.UNMEASURED, f"{observed}: {cell.reason}.")


def _judge(claim: Claim, analysis: Analysis) -> JudgedClaim:
    measure, range_ = claim.measure, claim.range
    if measure is None or range_ is None:
        reason = f"No workload measures it yet; planned: {claim.waits_for}."
        return JudgedClaim(claim, ClaimVerdict.UNMEASURED, reason)
    try:
        return _judge_measured(claim, measure, range_, analysis)
    except _Missing as missing:
        return JudgedClaim(claim, ClaimVerdict.UNMEASURED, f"{missing}.")


def _judge_measured(
    claim: Claim, measure: Measure, range_: Range, analysis: Analysis
) -> JudgedClaim:
    """Judge a claim that a workload measures. Raises _Missing if the run has no value for it."""
    result = analysis.workloads.get(measure.workload)
    if result is None:
        raise _Missing(f"{measure.workload} was not part of this run")
    metric = _find_metric(measure, range_, result)
    by_cpu, cases = result.by_cpu, {measure.case, measure.to_case or measure.case}
    if by_cpu is not None and by_cpu.metric.id == metric.id and cases <= by_cpu.cases.keys():
        result = by_cpu  # no load generator limits CPU time
    cells = [_find_cell(result, measure.case, measure.this)]
    if measure.to is not None:
        cells.append(_find_cell(result, measure.to_case, measure.to))
        estimate = _estimate_ratio(measure, metric, cells, analysis)
    else:
        constants = _constants(measure, metric, cells[0], analysis)
        estimate = _apply_formula(measure, metric, cells[0].metrics[metric.id], constants)
    verdict, why = _decide(measure, metric, estimate, range_, result, cells)
    judged = JudgedClaim(
        claim, verdict, why, estimate.value, estimate.low, estimate.high, estimate.n
    )
    return replace(
        judged,
        sentence=f"{_describe(measure, metric)}: {format_measured(judged)}, {why}.",
        warnings=tuple(
            dict.fromkeys(f"{cell.name}: {text}" for cell in cells for text in cell.warnings)
        ),
    )


# --- find in the run what a claim needs


def _find_metric(measure: Measure, range_: Range, result: WorkloadResult) -> Metric:
    """Return the one metric in the formula. Raises _Missing for a name that the run lacks."""
    workload = result.workload
    used = [workload.metrics[name] for name in workload.metrics if name in measure.formula.names]
    constants = {name for name, param in workload.params.items() if not param.choices} | {CORES}
    unknown = sorted(measure.formula.names - set(workload.metrics) - constants)
    if unknown or len(used) != 1:
        raise _Missing(
            f"{workload.id} measures {', '.join(workload.metrics)}: found"
            f" `{measure.formula.text}`, expected a formula of one of these"
        )
    metric = used[0]
    if measure.is_ratio and metric.baselines:
        raise _Missing(f"{metric.id} is compared to a baseline already: found `to`, expected none")
    base = metric.unit.partition("/")[0]
    fitting = {metric.unit, base} if base in ("ns", "bytes") else {metric.unit}
    if not measure.is_ratio and measure.formula.text == metric.id and range_.unit not in fitting:
        raise _Missing(
            f"{metric.id} is in {metric.unit}: found the range `{range_.text}`, expected that unit"
        )
    return metric


def _find_cell(result: WorkloadResult, case: str, contestant: Contestant) -> CellResult:
    """Return the cell of a contestant, which has values. Raises _Missing."""
    where = f"{result.workload.id} {case}"
    if case not in result.workload.cases:
        raise _Missing(
            f"{result.workload.id} has no case {case}; it has: {', '.join(result.workload.cases)}"
        )
    name = contestant.name
    cell = next(
        (cell for cell in result.cases.get(case, ()) if cell.contestant == contestant), None
    )
    if cell is None:
        raise _Missing(f"{name} in {where} was not part of this run")
    if cell.absent is not None:
        why = cell.absent.absence.label
        raise _Missing(f"{name} in {where}: {why}: {cell.absent.reason}".rstrip("."))
    if not cell.attempts:
        raise _Missing(f"{name} in {where} was not measured yet")
    if cell.failures == cell.attempts:
        raise _Missing(f"{name} in {where}: every trial failed: {cell.message}".rstrip("."))
    return cell


def _constants(
    measure: Measure, metric: Metric, cell: CellResult, analysis: Analysis
) -> dict[str, float]:
    """Return the values of the other names in a formula: cores and parameters. Raises _Missing."""
    if metric.id not in cell.metrics:
        where = f"{measure.workload} {cell.cell.case}"
        raise _Missing(f"{cell.name} in {where} has no value of {metric.id}")
    numbers = {name: float(n) for name, n in cell.case.params.items() if not isinstance(n, str)}
    return {CORES: float(analysis.run.machine.logical_cores), **numbers}


def _estimate_ratio(
    measure: Measure, metric: Metric, cells: Sequence[CellResult], analysis: Analysis
) -> Estimate:
    """Return the ratio of two cells: inside blocks, or between groups if their cases differ."""
    these, those = (
        _formula_values(measure, metric, cell, _constants(measure, metric, cell, analysis))
        for cell in cells
    )
    if measure.case == measure.to_case:
        ratio = estimate_ratio(these, those)
    else:
        groups = (independent_values(values) for values in (these, those))
        ratio = estimates.unpaired_ratio(*groups)
    if ratio is None:
        raise _Missing(
            f"{_describe(measure, metric)}: no ratio: no common block, or a value that is not"
            " positive"
        )
    return ratio


def _formula_values(
    measure: Measure, metric: Metric, cell: CellResult, constants: dict[str, float]
) -> BlockValues:
    """Return the formula's value in each block and round of a cell. Raises _Missing."""

    def evaluate(values: NDArray[np.float64]) -> NDArray[np.float64]:
        results = measure.formula.evaluate_arrays({**constants, metric.id: values}, values.size)
        if not np.isfinite(results).all():
            raise _Missing(f"`{measure.formula.text}` has no value in this run")
        return results

    return cell.series[metric.id].map(evaluate)


def _apply_formula(
    measure: Measure, metric: Metric, estimate: Estimate, constants: dict[str, float]
) -> Estimate:
    """Return an estimate after the formula; its interval covers all values between the ends."""
    ends = (estimate.value, estimate.value)
    if estimate.low is not None and estimate.high is not None:
        ends = (estimate.low, estimate.high)
    points = np.array([estimate.value, *np.linspace(*ends, _POINTS)])
    results = measure.formula.evaluate_arrays({**constants, metric.id: points}, points.size)
    if not np.isfinite(results).all():
        raise _Missing(f"`{measure.formula.text}` has no value in this run")
    if not estimate.has_interval:
        return Estimate(float(results[0]), None, None, estimate.n)
    return Estimate(float(results[0]), float(results.min()), float(results.max()), estimate.n)


# --- decide


def _decide(
    measure: Measure,
    metric: Metric,
    estimate: Estimate,
    range_: Range,
    result: WorkloadResult,
    cells: Sequence[CellResult],
) -> tuple[ClaimVerdict, str]:
    """Return the verdict, and the end of the sentence, which says why."""
    limited = _list_limited(measure, metric, cells)
    if reason := _find_obstacle(cells, limited):
        return ClaimVerdict.UNDECIDED, reason
    low, high, claimed = estimate.low, estimate.high, f"the claimed range ({range_.text})"
    if low is None or high is None:
        return ClaimVerdict.UNDECIDED, f"from too few processes to compare with {claimed}"
    floor = find_floor(result.controls.get(metric.id)) if measure.is_ratio else None
    floor = floor or 1.0
    within_noise = 1 / floor < estimate.value < floor
    if within_noise:  # a ratio inside the noise floor could be anything inside it
        low, high = min(low, 1 / floor), max(high, floor)
    if cells[0].name in limited:
        high = np.inf
    if measure.is_ratio and cells[-1].name in limited:
        low = 0.0
    verdict, why = _place(low, high, range_, claimed)
    if verdict is not ClaimVerdict.UNDECIDED:
        return verdict, why + "".join(f", though the load generator limited {a}" for a in limited)
    for name, obstacle in limited.items():
        return verdict, f"but {name} is {obstacle}"
    if within_noise:
        percent = units.format_significant(100 * (floor - 1), 2)
        return verdict, (
            f"and the interval, widened to the noise floor of {percent}%, crosses an end of"
            f" {claimed}"
        )
    return verdict, why


def _find_obstacle(cells: Sequence[CellResult], limited: Collection[str]) -> str:
    """Return why no value of the cells can be compared, or an empty text."""
    for cell in cells:
        if cell.failures:
            return (
                f"but {cell.failures} of {cell.attempts} trials of {cell.name} failed, so the"
                " others are not a fair sample"
            )
        if cell.name not in limited and cell.unranked and cell.unranked.is_misleading:
            return f"but {cell.name} is {cell.unranked.text}"
    return ""


def _place(low: float, high: float, range_: Range, claimed: str) -> tuple[ClaimVerdict, str]:
    """Return where an interval lies, compared with the claimed range."""
    least = -np.inf if range_.low is None else range_.low
    most = np.inf if range_.high is None else range_.high
    if least <= low and high <= most:
        return ClaimVerdict.HOLDS, f"inside {claimed}"
    if high < least:
        return ClaimVerdict.CONTRADICTED, f"below {claimed}{_distance(least, high)}"
    if low > most:
        return ClaimVerdict.CONTRADICTED, f"above {claimed}{_distance(most, low)}"
    return ClaimVerdict.UNDECIDED, f"and the interval crosses an end of {claimed}"


def _list_limited(measure: Measure, metric: Metric, cells: Sequence[CellResult]) -> dict[str, str]:
    """Return the servers that could have done more, with the reason: values are lower bounds."""
    if metric.better != "higher" or measure.formula.text != metric.id:
        return {}
    return {
        cell.name: cell.unranked.text for cell in cells if cell.unranked and cell.is_client_limited
    }


def _distance(end: float, nearest: float) -> str:
    """Say how far the interval lies beyond an end of the range; empty if it is near."""
    if end <= 0 or nearest <= 0:
        return ""
    factor = max(end / nearest, nearest / end)
    if factor < _FAR:
        return ""
    return f" by a factor of at least {units.format_significant(factor, 2)}"


def _describe(measure: Measure, metric: Metric) -> str:
    """Say what is measured: `asyncio, time per hand-over`."""
    label, this = measure.label or metric.label, measure.this.name
    if measure.to is None:
        return f"{this}, {label}"
    if measure.case == measure.to_case:
        return f"{this} / {measure.to.name}, {label}"
    return f"{this} in {measure.case} / {measure.to.name} in {measure.to_case}, {label}"
