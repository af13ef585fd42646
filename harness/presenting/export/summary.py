"""Everything that the analysis knows, as JSON: estimates, comparisons, failures, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.results.records import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.presenting.export.selection import ExportSelection
    from harness.results.records import Trial
    from harness.statistics.estimates import Estimate, Ratio


def render(
    analysis: Analysis, _trials: Iterable[Trial], selection: ExportSelection, _warnings: list[str]
) -> str:
    """Return the results in base units. An unknown value is null, never zero."""
    run = analysis.run
    document = {
        "schema_version": SCHEMA_VERSION,
        "run": run.id,
        "started_at": run.started_at,
        "seed": run.seed,
        "precision": run.precision,
        "machine": run.machine,
        "blocks": analysis.blocks,
        "trials": analysis.trials,
        "disturbed_trials": analysis.disturbed.trials,
        "disturbed_rounds": analysis.disturbed.rounds,
        "workloads": [
            _workload(result, selection)
            for result in analysis.workloads.values()
            if not selection.workloads or result.workload.id in selection.workloads
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _workload(result: WorkloadResult, selection: ExportSelection) -> dict[str, object]:
    workload = result.workload
    return {
        "id": workload.id,
        "title": workload.title,
        "question": workload.question,
        "metrics": [
            {
                "id": metric.id,
                "label": metric.label,
                "unit": metric.unit,
                "better": metric.better,
                "ratio_to_the_first_available_of": metric.baselines if metric.is_ratio else (),
                "difference_to_the_first_available_of": () if metric.is_ratio else metric.baselines,
            }
            for metric in workload.metrics.values()
        ],
        "cases": [
            {
                "id": case,
                "params": workload.cases[case].params,
                "cells": [_cell(result, cell) for cell in cells if selection.has(cell.cell)],
            }
            for case, cells in (result.cases | result.grid).items()
        ],
        "comparison": _comparison(result, selection),
        "comparison_by_cpu": _comparison(result.by_cpu, selection) if result.by_cpu else None,
    }


def _comparison(result: WorkloadResult, selection: ExportSelection) -> dict[str, object]:
    comparison = result.comparison
    selected = {cell.contestant for cell in result.headline if selection.has(cell.cell)}
    return {
        "case": result.headline_id,
        "metric": result.metric.id,
        "noise_floor": comparison.floor,
        "control": _ratio(comparison.control),
        "tiers": [[contestant.name for contestant in tier] for tier in comparison.tiers],
        "pairs": [
            {"this": this.name, "to": to.name, "verdict": comparison.verdict(this, to).value}
            | (_ratio(ratio) or {})
            for (this, to), ratio in comparison.ratios.items()
            if this in selected and to in selected
        ],
    }


def _cell(result: WorkloadResult, cell: CellResult) -> dict[str, object]:
    is_headline = cell.cell.case == result.headline_id
    return {
        "model": cell.cell.model,
        "variant": cell.contestant.variant,
        "runtime": cell.contestant.runtime,
        "contestant": cell.name,
        "metrics": {id_: _estimate(value) for id_, value in cell.metrics.items()},
        "ratio_to_baseline": _ratio(cell.ratio),
        "tier": result.comparison.tier_of(cell.contestant) if is_headline else None,
        "statuses": {status.value: count for status, count in cell.statuses.items()},
        "message": cell.message or None,
        "peak_bytes": cell.peak_bytes,
        "absent": None
        if cell.absent is None
        else {"why": cell.absent.absence.value, "reason": cell.absent.reason},
        "unranked": None
        if cell.unranked is None
        else {"why": cell.unranked.obstacle.value, "reason": cell.unranked.reason},
        "warnings": cell.warnings,
    }


def _estimate(estimate: Estimate) -> dict[str, object]:
    return {
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": estimate.n,
    }


def _ratio(ratio: Ratio | None) -> dict[str, object] | None:
    return None if ratio is None else _estimate(ratio) | {"p": ratio.p}
