"""Comma-separated values: one row per cell and metric, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from harness import units
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.run_results import Analysis, CellResult
    from harness.catalog.parts import Metric
    from harness.catalog.workload import Workload
    from harness.presenting.export.selection import ExportSelection
    from harness.results.records import Trial

COLUMNS = (
    "workload",
    "case",
    "params",
    "model",
    "variant",
    "runtime",
    "contestant",
    "metric",
    "unit",
    "better",
    "value",
    "low",
    "high",
    "n",
    *(status.value for status in Status),
    "message",
    "absent",
    "reason",
    "peak_bytes",
    "warnings",
    "unranked",
)


def render(
    analysis: Analysis, _trials: Iterable[Trial], selection: ExportSelection, _warnings: list[str]
) -> str:
    """Return the estimates in base units. An unknown value is an empty field, never zero."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for result in analysis.workloads.values():
        for cells in (result.cases | result.grid).values():
            for cell in cells:
                if selection.has(cell.cell):
                    writer.writerows(
                        _row(result.workload, cell, metric)
                        for metric in result.workload.metrics.values()
                    )
    return file.getvalue()


def _row(workload: Workload, cell: CellResult, metric: Metric) -> dict[str, object]:
    params = workload.cases[cell.cell.case].params
    row: dict[str, object] = {
        "workload": cell.cell.workload,
        "case": cell.cell.case,
        "params": ";".join(f"{name}={value}" for name, value in params.items()),
        "model": cell.cell.model,
        "variant": cell.contestant.variant,
        "runtime": cell.contestant.runtime,
        "contestant": cell.name,
        "metric": metric.id,
        "unit": metric.unit,
        "better": metric.better,
        "message": units.one_line(cell.message),
        "peak_bytes": cell.peak_bytes,  # the csv module writes None as an empty field
        "warnings": units.one_line("; ".join(cell.warnings)),
        "unranked": units.one_line(cell.unranked.text) if cell.unranked else "",
    }
    if (estimate := cell.metrics.get(metric.id)) is not None:
        row |= {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
        }
    if cell.attempts:
        row |= {status.value: cell.statuses.get(status, 0) for status in Status}
    if cell.absent is not None:
        row |= {"absent": cell.absent.absence.value, "reason": units.one_line(cell.absent.reason)}
    return row
