"""Tables in Markdown, as people paste them into an issue: complete where they stand alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import finding
from harness.catalog.workload import BASELINE
from harness.presenting.export.selection import one_line
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.presenting.export.selection import Selection
    from harness.results.records import Trial
    from harness.statistics.estimates import Estimate

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|~#&$])")


def text(
    analysis: Analysis, _trials: Iterable[Trial], selection: Selection, _warnings: list[str]
) -> str:
    """Return a heading, and for each workload its finding and one table a case."""
    run = analysis.run
    lines = [
        f"**Loombench** {escaped(run.id)}: {units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')} on {escaped(run.machine.cpu)},"
        f" {run.machine.logical_cores} cores, {escaped(run.machine.system)}."
        " Medians over processes with 95% intervals."
    ]
    for result in analysis.workloads.values():
        chosen = {
            case: own
            for case, cells in result.cases.items()
            if (own := [one for one in cells if selection.has(one.cell)])
        }
        if chosen:
            lines += ["", f"### {escaped(result.workload.title)}", "", escaped(finding(result))]
        for case, cells in chosen.items():
            lines += ["", *_case(result, case, cells)]
    return "\n".join(lines) + "\n"


def escaped(text_: str) -> str:
    """Return a text on one line as Markdown that shows it as it is, also within a table."""
    return _SPECIAL.sub(r"\\\1", one_line(text_))


def _case(result: WorkloadResult, case: str, cells: Sequence[CellResult]) -> Iterator[str]:
    settings = result.workload.settings(result.workload.cases[case])
    yield f"**{escaped(f'{result.workload.id} {case}')}** {escaped(settings)}".rstrip()
    measured = [one for one in cells if one.metrics]
    if measured:
        metrics = result.workload.metrics.values()
        yield ""
        yield _row(
            "model",
            *(f"{escaped(metric.label)} ({metric.better} is better)" for metric in metrics),
            f"to {BASELINE}",
            "peak memory",
            "n",
        )
        yield _row(":--", *("--:" for _ in range(len(metrics) + 3)))
        for one in measured:
            yield _row(
                escaped(one.name),
                *(_estimate(one.metrics.get(metric.id), metric.unit) for metric in metrics),
                _ratio(one),
                "" if one.peak_bytes is None else units.format_size(one.peak_bytes),
                str(one.statuses.get(Status.OK, 0)),
            )
    remarks = [f"- {remark}" for one in cells for remark in _remarks(one)]
    if remarks:
        yield ""
        yield from remarks


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _estimate(estimate: Estimate | None, unit: str) -> str:
    if estimate is None:
        return ""
    shown = units.column_unit(unit)
    value = units.format_value(estimate.value, shown)
    if estimate.low is None or estimate.high is None:
        return f"{value} (too few for an interval)"
    low, high = (units.format_value(bound, shown) for bound in (estimate.low, estimate.high))
    return f"{value} [{low}, {high}]"


def _ratio(one: CellResult) -> str:
    """Return the ratio to the baseline; where some trials failed, how many of all it is of."""
    text = _estimate(one.ratio, "x")
    if not text or not one.failures:
        return text
    return f"{text} (of {one.attempts - one.failures} of {one.attempts} trials)"


def _remarks(one: CellResult) -> Iterator[str]:
    if remark := _remark(one):
        yield remark
    for warning in one.warnings:
        yield f"{escaped(one.name)}: {escaped(warning)}"


def _remark(one: CellResult) -> str:
    who = escaped(one.name)
    if one.failures:
        return f"{who}: {one.failed_how} of {one.attempts}: {escaped(one.message)}"
    if one.absent is not None:
        why = one.absent.absence.words
        return f"{who}: {why}: {escaped(one.absent.reason)}"
    return "" if one.attempts else f"{who}: not measured yet"
