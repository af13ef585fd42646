"""Text tables for the terminal: results of a run, what there is, what conformance found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness import units
from harness.findings import finding
from harness.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.analyse import Analysis, CellResult, WorkloadResult
    from harness.machine import Finding
    from harness.records import AbsentCell, Cell, Trial
    from harness.stats import Estimate
    from harness.workload import Metric, Workload


def results(analysis: Analysis) -> Iterator[RenderableType]:
    """Yield what `show` prints: a heading, a table a case, warnings."""
    run = analysis.run
    yield Text(
        f"{run.id}: {analysis.trials} trials in {analysis.blocks} blocks on {run.machine.cpu},"
        f" {run.machine.logical_cores} cores; seed {run.seed}",
        style="bold",
    )
    for result in analysis.workloads.values():
        yield Text(f"\n{result.workload.title}: {finding(result)}", style="bold")
        for case, cells in result.cases.items():
            yield _case(result, case, cells)
    for warning in analysis.warnings:
        yield Text(f"warning: {warning}", style="yellow")


def _case(result: WorkloadResult, case: str, cells: Sequence[CellResult]) -> Table:
    settings = result.workload.settings(result.workload.cases[case])
    table = Table(
        title=f"{result.workload.id} {case}  {settings}",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="underline",
    )
    table.add_column("model")
    for metric in result.workload.metrics.values():
        table.add_column(f"{metric.label} [95%]", justify="right", overflow="fold")
    table.add_column("to asyncio", justify="right")
    table.add_column("peak", justify="right")
    table.add_column("n", justify="right")
    table.add_column("")
    for one in cells:
        table.add_row(
            one.contestant,
            *(
                _estimate(one.metrics.get(metric.id), metric)
                for metric in result.workload.metrics.values()
            ),
            _ratio(one.ratio),
            "" if one.peak_bytes is None else units.size(one.peak_bytes),
            str(one.statuses.get(Status.OK, 0) or ""),
            _remark(one),
        )
    return table


def _estimate(estimate: Estimate | None, metric: Metric) -> str:
    if estimate is None:
        return ""
    text = units.shown(estimate.value, metric.unit.partition("/")[0])
    if estimate.low is None or estimate.high is None:
        return f"{text} [too few]"
    low, high = (
        units.shown(x, metric.unit.partition("/")[0]) for x in (estimate.low, estimate.high)
    )
    return f"{text} [{low}, {high}]"


def _ratio(ratio: Estimate | None) -> str:
    return "" if ratio is None else f"{units.significant(ratio.value, 2)}x"


def _remark(one: CellResult) -> Text:
    if one.failures:
        words = ", ".join(
            f"{n} {status.value}" for status, n in one.statuses.items() if status is not Status.OK
        )
        return Text(f"{words} of {one.attempts}: {one.message}", style="red")
    if one.absent is not None:
        return Text(
            f"{one.absent.absence.value.replace('_', ' ')}: {one.absent.reason}",
            style="bright_black",
        )
    return Text("" if one.attempts else "not measured yet", style="bright_black")


def listing(
    workloads: Sequence[Workload], cells: Sequence[Cell], absent: Sequence[AbsentCell]
) -> Iterator[RenderableType]:
    """Yield what `list` prints: each workload with who does it, and who does not, and why."""
    for workload in workloads:
        yield Text(f"{workload.id}", style="bold").append(f"  {workload.question}", "not bold")
        cases = ", ".join(workload.cases)
        yield Text(f"  cases    {cases}")
        names = [cell.contestant for cell in cells if cell.workload == workload.id]
        yield Text(f"  models   {', '.join(names)}")
        for one in absent:
            if one.cell.workload == workload.id:
                yield Text(
                    f"  without  {one.cell.contestant}: {one.absence.value.replace('_', ' ')}:"
                    f" {one.reason}",
                    style="bright_black",
                )


def conformance(trials: Sequence[Trial], absent: Sequence[AbsentCell]) -> RenderableType:
    """Return what `validate` prints: each implementation, and what was wrong with it."""
    table = Table(box=None, pad_edge=False, header_style="underline")
    for heading in ("workload", "model", "result", ""):
        table.add_column(heading)
    for trial in trials:
        passed = trial.status is Status.OK
        table.add_row(
            trial.cell.workload,
            trial.cell.contestant,
            Text(
                "ok" if passed else trial.status.value.replace("_", " "),
                style="green" if passed else "red",
            ),
            trial.message or "; ".join(trial.warnings),
        )
    for one in absent:
        table.add_row(
            one.cell.workload,
            one.cell.contestant,
            Text(one.absence.value.replace("_", " "), style="bright_black"),
            one.reason,
        )
    return table


def machine(findings: Sequence[Finding]) -> RenderableType:
    """Return what `doctor` prints."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for finding_ in findings:
        table.add_row(finding_.name, finding_.value, Text(finding_.advice, style="yellow"))
    return table
