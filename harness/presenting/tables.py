"""Text tables for the terminal: results of a run, what there is, what conformance found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness import units
from harness.analysis.findings import finding
from harness.catalog.workload import BASELINE
from harness.claims import judge as claims_
from harness.claims.judge import Verdict
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.analysis.run_comparison import CellChange
    from harness.catalog.workload import Metric, Workload
    from harness.claims.judge import JudgedClaim
    from harness.results.records import AbsentCell, Cell, Diagnosis, Trial
    from harness.statistics.estimates import Estimate


def results(analysis: Analysis) -> Iterator[RenderableType]:
    """Yield what `show` prints: a heading, a table a case, warnings."""
    run = analysis.run
    yield Text(
        f"{run.id}: {units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')} on {run.machine.cpu},"
        f" {run.machine.logical_cores} cores; seed {run.seed}",
        style="bold",
    )
    for result in analysis.workloads.values():
        yield Text(f"\n{result.workload.title}: {finding(result)}", style="bold")
        if result.comparison.floor is not None:
            percent = units.format_significant(100 * (result.comparison.floor - 1), 2)
            yield Text(f"noise floor {percent}%: one contestant against itself, in the same blocks")
        for case, cells in result.cases.items():
            yield _case(result, case, cells)
    if analysis.disturbed:
        yield Text(
            f"{analysis.disturbed} of {units.format_count(analysis.trials, 'trial')} were disturbed"
            " by other work on the machine (steal, throttling, load); they are kept and counted",
            style="yellow",
        )


def _case(result: WorkloadResult, case: str, cells: Sequence[CellResult]) -> RenderableType:
    """Return the cells of a case as a table, and under it what was not measured, or failed."""
    settings = result.workload.describe_params(result.workload.cases[case])
    metrics = result.workload.metrics.values()
    has_tiers = case == result.headline_id and bool(result.comparison.tiers)
    table = _table(
        *(["tier"] if has_tiers else []),
        "model",
        *(f"{metric.label} [95%]" for metric in metrics),
        f"to {BASELINE}",
        "peak",
        "n",
    )
    for column in table.columns[2 if has_tiers else 1 :]:
        column.justify = "right"
    for one in cells:
        if one.metrics:
            _row(
                table,
                *([str(result.comparison.tier_of(one.contestant) or "")] if has_tiers else []),
                one.name,
                *(_estimate(one.metrics.get(metric.id), metric) for metric in metrics),
                _ratio(one),
                "" if one.peak_bytes is None else units.format_size(one.peak_bytes),
                str(one.statuses.get(Status.OK, 0)),
            )
    heading = Text(f"\n{result.workload.id} {case}  {settings}".rstrip(), style="italic")
    parts: list[RenderableType] = [heading, table] if table.rows else [heading]
    return Group(*parts, *(remark for one in cells for remark in _remarks(one)))


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="underline")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")  # a name that is cut is no name
    return table


def _row(table: Table, *cells: str | Text) -> None:
    """Add a row of texts as they are: what comes from a runner is no markup."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))


def _estimate(estimate: Estimate | None, metric: Metric) -> str:
    if estimate is None:
        return ""
    unit = units.column_unit(metric.unit)
    text = units.format_value(estimate.value, unit)
    if estimate.low is None or estimate.high is None:
        return f"{text} [too few]"
    low, high = (units.format_value(x, unit) for x in (estimate.low, estimate.high))
    return f"{text} [{low}, {high}]"


def _ratio(one: CellResult) -> str:
    """Return the ratio to the baseline; where some trials failed, how many of all it is of."""
    if one.ratio is None:
        return ""
    share = f" ({one.attempts - one.failures}/{one.attempts})" if one.failures else ""
    return f"{units.format_significant(one.ratio.value, 2)}x{share}"


def _remarks(one: CellResult) -> Iterator[Text]:
    """Yield what is to be said of a cell beside its numbers."""
    if one.failures:
        yield Text(f"{one.name}: {one.failed_how} of {one.attempts}: {one.message}", style="red")
    if one.absent is not None:
        why = one.absent.absence.label
        yield Text(f"{one.name}: {why}: {one.absent.reason}", style="bright_black")
    elif not one.attempts:
        yield Text(f"{one.name}: not measured yet", style="bright_black")
    for warning in one.warnings:
        yield Text(f"{one.name}: {warning}", style="yellow")


def listing(
    workloads: Sequence[Workload], cells: Sequence[Cell], absent: Sequence[AbsentCell]
) -> Iterator[RenderableType]:
    """Yield what `list` prints: each workload with who does it, and who does not, and why."""
    for workload in workloads:
        yield Text(f"{workload.id}", style="bold").append(f"  {workload.question}", "not bold")
        cases = ", ".join(workload.cases)
        yield Text(f"  cases    {cases}")
        names = [cell.name for cell in cells if cell.workload == workload.id]
        yield Text(f"  models   {', '.join(names)}")
        for one in absent:
            if one.cell.workload == workload.id:
                yield Text(
                    f"  without  {one.cell.name}: {one.absence.value.replace('_', ' ')}:"
                    f" {one.reason}",
                    style="bright_black",
                )


def conformance(trials: Sequence[Trial], absent: Sequence[AbsentCell]) -> RenderableType:
    """Return what `validate` prints: each implementation, and what was wrong with it."""
    table = _table("workload", "model", "result", "")
    for trial in trials:
        passed = conforms(trial)
        word = trial.status.label
        if trial.warnings and trial.status is Status.OK:
            word = "warning"
        _row(
            table,
            trial.cell.workload,
            trial.cell.name,
            Text(word, style="green" if passed else "red"),
            trial.message or "; ".join(trial.warnings),
        )
    for one in absent:
        _row(
            table,
            one.cell.workload,
            one.cell.name,
            Text(one.absence.label, style="bright_black"),
            one.reason,
        )
    return table


def conforms(trial: Trial) -> bool:
    """Return whether a trial at check size found nothing wrong with its implementation."""
    return trial.status is Status.OK and not trial.warnings


_VERDICT_STYLE = {"slower": "red", "faster": "green", "not comparable": "bright_black"}


def versus(rows: Sequence[CellChange]) -> RenderableType:
    """Return what `compare` prints: each cell of both runs, and what can be said of it."""
    table = _table(
        "workload", "case", "model", "cost, second / first [95%]", "noise floor", "verdict", ""
    )
    for row in rows:
        ratio = row.ratio
        shown = ""
        if ratio is not None:
            shown = f"{units.format_significant(ratio.value)}x"
            if ratio.low is not None and ratio.high is not None:
                low, high = (
                    units.format_significant(ratio.low),
                    units.format_significant(ratio.high),
                )
                shown += f" [{low}, {high}]"
        _row(
            table,
            row.cell.workload,
            row.cell.case,
            row.cell.name,
            shown,
            f"{units.format_significant(100 * (row.floor - 1), 2)}%" if row.floor > 1 else "",
            Text(row.word, style=_VERDICT_STYLE.get(row.change.value, "")),
            row.reason,
        )
    return table


_CLAIM_STYLE = {
    Verdict.HOLDS: "green",
    Verdict.CONTRADICTED: "red",
    Verdict.UNDECIDED: "yellow",
}


def claims(results: Sequence[JudgedClaim]) -> Iterator[RenderableType]:
    """Yield what `claims` prints: those that were measured, then why the others were not."""
    yield Text(claims_.summary_sentence(results), style="bold")
    table = _table("verdict", "what is said", "range", "measured [95%]")
    table.columns[0].no_wrap = True
    for one in results:
        if one.range is not None and one.verdict is not Verdict.UNMEASURED:
            _row(
                table,
                Text(one.verdict.value, style=_CLAIM_STYLE[one.verdict]),
                one.claim.says,
                one.range.text,
                claims_.format_measured(one) + (" [too few]" if one.low is None else ""),
            )
    if table.rows:
        yield Text("By one reading each, on the machine of this run; docs/claims.md.")
        yield table
    for warning in [f"{one.claim.id}: {text}" for one in results for text in one.warnings]:
        yield Text(warning, style="yellow")
    others: dict[str, list[str]] = {}
    for one in results:
        if one.verdict is Verdict.UNMEASURED:
            others.setdefault(one.sentence, []).append(one.claim.id)
    if others:
        yield Text("Not measured:", style="bold")
    for reason, ids in others.items():
        yield Text(f"{', '.join(ids)}: {reason}", style="bright_black")


def machine(findings: Sequence[Diagnosis]) -> RenderableType:
    """Return what `doctor` prints."""
    table = _table("what", "found", "advice")
    for finding_ in findings:
        _row(table, finding_.name, finding_.value, Text(finding_.advice, style="yellow"))
    return table
