"""Tables in Markdown for pasting into an issue, complete without the rest of the run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import finding
from harness.catalog.workload import BASELINE
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.presenting.export.selection import ExportSelection
    from harness.results.records import Trial
    from harness.statistics.estimates import Estimate

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&$])")


def render(
    analysis: Analysis, _trials: Iterable[Trial], selection: ExportSelection, _warnings: list[str]
) -> str:
    """Return a heading, and for each workload its finding and a table per case."""
    run = analysis.run
    lines = [
        f"**Loombench** {escape(run.id)}: {units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')} on {escape(run.machine.cpu)},"
        f" {run.machine.logical_cores} cores, {escape(run.machine.system)}."
        " Medians over processes with 95% confidence intervals."
    ]
    for result in analysis.workloads.values():
        selected = {
            case: own
            for case, cells in result.cases.items()
            if (own := [cell for cell in cells if selection.has(cell.cell)])
        }
        if selected:
            lines += ["", f"### {escape(result.workload.title)}", "", escape(finding(result))]
        for case, cells in selected.items():
            lines += ["", *_case(result, case, cells)]
    return "\n".join(lines) + "\n"


def escape(text_: str) -> str:
    """Return text on one line as Markdown that shows it unchanged, also inside a table."""
    return _SPECIAL.sub(r"\\\1", units.one_line(text_))


def _case(result: WorkloadResult, case: str, cells: Sequence[CellResult]) -> Iterator[str]:
    settings = result.workload.describe_params(result.workload.cases[case])
    yield f"**{escape(f'{result.workload.id} {case}')}** {escape(settings)}".rstrip()
    measured = [cell for cell in cells if cell.metrics]
    if measured:
        metrics = result.workload.metrics.values()
        yield ""
        yield _row(
            "model",
            *(escape(metric.heading) for metric in metrics),
            f"vs {BASELINE}",
            "peak memory",
            "n",
        )
        yield _row(":--", *("--:" for _ in range(len(metrics) + 3)))
        for cell in measured:
            yield _row(
                escape(cell.name),
                *(_estimate(cell.metrics.get(metric.id), metric.unit) for metric in metrics),
                _ratio(cell),
                "" if cell.peak_bytes is None else units.format_size(cell.peak_bytes),
                str(cell.statuses.get(Status.OK, 0)),
            )
    remarks = [f"- {remark}" for cell in cells for remark in _remarks(cell)]
    if remarks:
        yield ""
        yield from remarks


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _estimate(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return ""
    column_unit = units.column_unit(unit)
    value = units.format_value(estimate.value, column_unit)
    if estimate.low is None or estimate.high is None:
        return f"{value} (too few processes for an interval)"
    low, high = (units.format_value(bound, column_unit) for bound in (estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def _ratio(cell: CellResult) -> str:
    """Return the ratio to the baseline; if trials failed, also how many succeeded."""
    text = _estimate(cell.ratio, "x")
    if not text or not cell.failures:
        return text
    return f"{text} ({cell.attempts - cell.failures} of {cell.attempts} trials)"


def _remarks(cell: CellResult) -> Iterator[str]:
    """Yield failures, absence and warnings of a cell."""
    name = escape(cell.name)
    if cell.unranked is not None:
        yield f"{name}: {escape(cell.unranked.text)}"
    elif cell.absent is not None:
        yield f"{name}: {cell.absent.absence.label}: {escape(cell.absent.reason)}"
    elif not cell.attempts:
        yield f"{name}: not measured yet"
    for warning in cell.warnings:
        yield f"{name}: {escape(warning)}"
