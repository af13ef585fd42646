"""Comma-separated values: one row a cell and metric, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from harness.presenting.export.selection import one_line
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.analyse import Analysis, CellResult
    from harness.catalog.workload import Metric, Workload
    from harness.presenting.export.selection import Selection
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
)


def text(
    analysis: Analysis, _trials: Iterable[Trial], selection: Selection, _warnings: list[str]
) -> str:
    """Return the estimates in base units. What is not known is an empty field, never a zero."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for result in analysis.workloads.values():
        for cells in result.cases.values():
            for one in cells:
                if selection.has(one.cell):
                    writer.writerows(
                        _row(result.workload, one, metric)
                        for metric in result.workload.metrics.values()
                    )
    return file.getvalue()


def _row(workload: Workload, one: CellResult, metric: Metric) -> dict[str, object]:
    params = workload.cases[one.cell.case].params
    row: dict[str, object] = {
        "workload": one.cell.workload,
        "case": one.cell.case,
        "params": ";".join(f"{name}={value}" for name, value in params.items()),
        "model": one.cell.model,
        "variant": one.contestant.variant,
        "runtime": one.contestant.runtime,
        "contestant": one.name,
        "metric": metric.id,
        "unit": metric.unit,
        "better": metric.better,
        "message": one_line(one.message),
        "peak_bytes": one.peak_bytes,  # the csv module writes None as an empty field
        "warnings": one_line("; ".join(one.warnings)),
    }
    if (estimate := one.metrics.get(metric.id)) is not None:
        row |= {
            "value": estimate.value,
            "low": estimate.low,
            "high": estimate.high,
            "n": estimate.n,
        }
    if one.attempts:
        row |= {status.value: one.statuses.get(status, 0) for status in Status}
    if one.absent is not None:
        row |= {"absent": one.absent.absence.value, "reason": one_line(one.absent.reason)}
    return row
