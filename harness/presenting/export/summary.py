"""Everything that the analysis knows, as JSON: estimates, comparisons, failures, warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.results.records import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.presenting.export.selection import Selection
    from harness.results.records import Trial
    from harness.statistics.estimates import Estimate, Ratio


def text(
    analysis: Analysis, _trials: Iterable[Trial], selection: Selection, _warnings: list[str]
) -> str:
    """Return the results in base units. What is not known is null, never a zero."""
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
        "disturbed_trials": analysis.disturbed,
        "workloads": [
            _workload(result, selection)
            for result in analysis.workloads.values()
            if not selection.workloads or result.workload.id in selection.workloads
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1).decode() + "\n"


def _workload(result: WorkloadResult, selection: Selection) -> dict[str, object]:
    workload, comparison = result.workload, result.comparison
    shown = {one.contestant for one in result.headline if selection.has(one.cell)}
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
                "ratio_to_the_first_available_of": metric.baselines,
            }
            for metric in workload.metrics.values()
        ],
        "cases": [
            {
                "id": case,
                "params": workload.cases[case].params,
                "cells": [_cell(result, one) for one in cells if selection.has(one.cell)],
            }
            for case, cells in result.cases.items()
        ],
        "comparison": {
            "case": result.headline_id,
            "metric": result.metric.id,
            "noise_floor": comparison.floor,
            "control": _ratio(comparison.control),
            "tiers": [[contestant.name for contestant in tier] for tier in comparison.tiers],
            "pairs": [
                {"this": this.name, "to": to.name, "differ": comparison.differ.get((this, to))}
                | (_ratio(ratio) or {})
                for (this, to), ratio in comparison.ratios.items()
                if this in shown and to in shown
            ],
        },
    }


def _cell(result: WorkloadResult, one: CellResult) -> dict[str, object]:
    is_headline = one.cell.case == result.headline_id
    return {
        "model": one.cell.model,
        "variant": one.contestant.variant,
        "runtime": one.contestant.runtime,
        "contestant": one.name,
        "metrics": {id_: _estimate(found) for id_, found in one.metrics.items()},
        "ratio_to_baseline": _ratio(one.ratio),
        "tier": result.comparison.tier_of(one.contestant) if is_headline else None,
        "statuses": {status.value: count for status, count in one.statuses.items()},
        "message": one.message or None,
        "peak_bytes": one.peak_bytes,
        "absent": None
        if one.absent is None
        else {"why": one.absent.absence.value, "reason": one.absent.reason},
        "warnings": one.warnings,
    }


def _estimate(found: Estimate) -> dict[str, object]:
    return {"value": found.value, "low": found.low, "high": found.high, "n": found.n}


def _ratio(found: Ratio | None) -> dict[str, object] | None:
    return None if found is None else _estimate(found) | {"p": found.p}
