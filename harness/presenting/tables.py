"""Text tables for the terminal: results, listings, conformance, comparisons, claims, machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness import units
from harness.analysis.findings import finding
from harness.catalog.workload import BASELINE
from harness.claims import judgement
from harness.claims.judgement import ClaimVerdict
from harness.presenting.fitting import Column, fit
from harness.results.records import Status
from harness.statistics.estimates import MIN_FOR_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from harness.analysis.changes import CellChange
    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.parts import Metric
    from harness.catalog.workload import Workload
    from harness.claims.judgement import JudgedClaim
    from harness.results.records import AbsentCell, Cell, Diagnosis, Trial
    from harness.statistics.estimates import Estimate, Ratio

_NUMBER = "-0123456789.,"  # what a number consists of
_TOO_FEW = "*"  # behind a value without an interval
_TOO_FEW_MEANS = f"{_TOO_FEW} too few processes for an interval, fewer than {MIN_FOR_INTERVAL}."


def results(analysis: Analysis, width: int = 80) -> Iterator[RenderableType]:
    """Yield the output of `show`: a heading, tables that fit into `width` columns, warnings."""
    run = analysis.run
    yield Text(
        f"{run.id}: {units.format_count(analysis.trials, 'trial')} in"
        f" {units.format_count(analysis.blocks, 'block')} on {run.machine.cpu},"
        f" {run.machine.logical_cores} cores; seed {run.seed}",
        style="bold",
    )
    yield from _explain(analysis)
    for result in analysis.workloads.values():
        yield Text(f"\n{result.workload.title}: {finding(result)}", style="bold")
        if result.comparison.floor is not None:
            percent = units.format_significant(100 * (result.comparison.floor - 1), 2)
            yield Text(f"noise floor {percent}%")
        for case, cells in result.cases.items():
            yield _case(result, case, cells, width)
    if disturbance := analysis.disturbed.describe(analysis.trials):
        yield Text(disturbance, style="yellow")


def _explain(analysis: Analysis) -> Iterator[Text]:
    """Yield what the tables mean, as far as they need it; each is said once."""
    results = analysis.workloads.values()
    if any(result.comparison.floor is not None for result in results):
        yield Text(
            "Noise floor: we ran one program under two names; smaller differences than between"
            " these two are ignored."
        )
    found = [
        estimate
        for result in results
        for cells in result.cases.values()
        for cell in cells
        for estimate in cell.metrics.values()
    ]
    if any(estimate.has_interval for estimate in found):
        yield Text("[low, high]: 95% confidence interval.")
    if not all(estimate.has_interval for estimate in found):
        yield Text(_TOO_FEW_MEANS)


def _case(
    result: WorkloadResult, case: str, cells: Sequence[CellResult], width: int
) -> RenderableType:
    """Return the tables of a case, and below them failures, absences and warnings."""
    settings = result.workload.describe_params(result.workload.cases[case])
    metrics = result.workload.metrics.values()
    rows = [cell for cell in cells if cell.metrics]
    by_cpu = result.by_cpu if case == result.headline_id else None
    keys = [Column("model", [cell.name for cell in rows], is_text=True)]
    if case == result.headline_id and result.comparison.tiers:
        tiers = [result.comparison.standing(cell.contestant) for cell in rows]
        keys.insert(0, Column("tier", tiers, is_text=True))
    first, *others = [
        Column(metric.label, [_format_metric(cell, metric) for cell in rows]) for metric in metrics
    ]
    short = [
        Column(
            "CPU tier",
            [by_cpu.comparison.standing(cell.contestant) if by_cpu else "" for cell in rows],
        ),
        Column(f"vs {BASELINE}", list(map(_format_ratio, rows))),
        Column("peak", [_format_peak(cell) for cell in rows]),
        Column("n", [str(cell.statuses.get(Status.OK, 0)) for cell in rows]),
    ]
    heading = Text(f"\n{result.workload.id} {case}  {settings}".rstrip(), style="italic")
    tables = fit(keys, [first, *short], others, width) if rows else []
    return Group(heading, *tables, *_remarks(cells))


def _format_peak(cell: CellResult) -> str:
    return "" if cell.peak_bytes is None else units.format_size(cell.peak_bytes)


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="underline")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")  # never cut a name
    return table


def _add_row(table: Table, *texts: str | Text) -> None:
    """Add a row of plain texts: text from a runner must not be read as markup."""
    table.add_row(*(text if isinstance(text, Text) else Text(text) for text in texts))


def _format_metric(cell: CellResult, metric: Metric) -> str:
    """Return a metric of a cell, or why it has none."""
    found = _format_estimate(cell.metrics.get(metric.id), metric)
    return found or cell.lacking.get(metric.id, "")


def _format_estimate(estimate: Estimate | None, metric: Metric) -> str:
    """Return a value with its interval, and the unit once: `52.0 ms [51.0, 53.0]`."""
    if estimate is None:
        return ""
    unit = units.column_unit(metric.unit)
    text = units.format_value(estimate.value, unit)
    if estimate.low is None or estimate.high is None:
        return f"{text} {_TOO_FEW}"
    ends = [units.format_value(end, unit) for end in (estimate.low, estimate.high)]
    shown = text.lstrip(_NUMBER)
    if shown and all(end.lstrip(_NUMBER) == shown for end in ends):
        ends = [end.removesuffix(shown) for end in ends]
    return f"{text} [{', '.join(ends)}]"


def _format_ratio(cell: CellResult) -> str:
    """Return the ratio to the baseline; if trials failed, also how many succeeded."""
    if cell.ratio is None:
        return ""
    share = f" ({cell.attempts - cell.failures}/{cell.attempts})" if cell.failures else ""
    return f"{units.format_significant(cell.ratio.value, 2)}x{share}"


def _remarks(cells: Sequence[CellResult]) -> Iterator[Text]:
    """Yield failures, absences and warnings. What is said of several contestants is said once."""
    named: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        for text, style in _remarks_on(cell):
            named.setdefault((text, style), []).append(cell.name)
    for (text, style), names in named.items():
        yield Text(f"{', '.join(names)}: {text}", style=style)


def _remarks_on(cell: CellResult) -> Iterator[tuple[str, str]]:
    """Yield what is to say of a cell, and in which style."""
    if cell.unranked is not None:
        yield cell.unranked.text, "red"
    if cell.absent is not None:
        yield f"{cell.absent.absence.label}: {cell.absent.reason}", "bright_black"
    elif not cell.attempts:
        yield "not measured yet", "bright_black"
    for warning in cell.warnings:
        yield warning, "yellow"


def listing(
    workloads: Sequence[Workload], cells: Sequence[Cell], absent: Sequence[AbsentCell]
) -> Iterator[RenderableType]:
    """Yield the output of `list`: each workload with its cases, its models and those without it."""
    for workload in workloads:
        yield Text(f"{workload.id}", style="bold").append(f"  {workload.question}", "not bold")
        cases = [case for case in workload.cases if case not in workload.grid_cases]
        yield Text(f"  cases    {', '.join(cases)}")
        if workload.grid_cases:
            ends = f"{next(iter(workload.grid.cases.values()))} and others" if workload.grid else ""
            yield Text(f"  map      {len(workload.grid_cases)} points: {ends}")
        names = [cell.name for cell in cells if cell.workload == workload.id]
        yield Text(f"  models   {', '.join(names)}")
        for missing in absent:
            if missing.cell.workload == workload.id:
                yield Text(
                    f"  without  {missing.cell.name}: {missing.absence.label}: {missing.reason}",
                    style="bright_black",
                )


def conformance(trials: Sequence[Trial], absent: Sequence[AbsentCell]) -> RenderableType:
    """Return the output of `validate`: each implementation, and what is wrong with it."""
    table = _table("workload", "model", "result", "")
    for trial in trials:
        passed = conforms(trial)
        word = trial.status.label
        if trial.warnings and trial.status is Status.OK:
            word = "warning"
        _add_row(
            table,
            trial.cell.workload,
            trial.cell.name,
            Text(word, style="green" if passed else "red"),
            trial.message or "; ".join(trial.warnings),
        )
    for missing in absent:
        _add_row(
            table,
            missing.cell.workload,
            missing.cell.name,
            Text(missing.absence.label, style="bright_black"),
            missing.reason,
        )
    return table


def conforms(trial: Trial) -> bool:
    """Return whether a trial at check size found nothing wrong with its implementation."""
    return trial.status is Status.OK and not trial.warnings


_CHANGE_DIGITS = 4  # a change of 1% matters
_COMPARISON_STYLE = {"slower": "red", "faster": "green", "not comparable": "bright_black"}


def comparison(rows: Sequence[CellChange], ratio: str) -> RenderableType:
    """Return a verdict on each cell; `ratio` says which cost is divided by which."""
    table = _table("workload", "case", "model", f"{ratio} [95%]", "verdict", "")
    for row in rows:
        _add_row(
            table,
            row.cell.workload,
            row.cell.case,
            row.cell.name,
            "" if row.ratio is None else _format_change(row.ratio),
            Text(row.word, style=_COMPARISON_STYLE.get(row.change.value, "")),
            row.reason,
        )
    is_short = any(row.ratio is not None and not row.ratio.has_interval for row in rows)
    return Group(table, Text(_TOO_FEW_MEANS)) if is_short else table


def _format_change(ratio: Ratio) -> str:
    text = f"{units.format_significant(ratio.value, _CHANGE_DIGITS)}x"
    if ratio.low is None or ratio.high is None:
        return f"{text} {_TOO_FEW}"
    low, high = (units.format_significant(end, _CHANGE_DIGITS) for end in (ratio.low, ratio.high))
    return f"{text} [{low}, {high}]"


_CLAIM_STYLE = {
    ClaimVerdict.HOLDS: "green",
    ClaimVerdict.CONTRADICTED: "red",
    ClaimVerdict.UNDECIDED: "yellow",
}


def claims(judged: Sequence[JudgedClaim]) -> Iterator[RenderableType]:
    """Yield the output of `claims`: the measured claims, then why the others are not measured."""
    yield Text(judgement.summary_sentence(judged), style="bold")
    table = _table("verdict", "claim", "claimed range", "measured [95%]")
    table.columns[0].no_wrap = True
    for result in judged:
        if result.verdict is not ClaimVerdict.UNMEASURED:
            no_interval = result.is_measured and result.low is None
            _add_row(
                table,
                Text(result.verdict.value, style=_CLAIM_STYLE[result.verdict]),
                result.claim.says,
                result.claimed,
                judgement.format_measured(result) + (f" {_TOO_FEW}" if no_interval else ""),
            )
    if table.rows:
        yield Text(
            "Each claim is tested in one reading, on the machine of this run (docs/claims.md)."
        )
        yield table
    if any(result.is_measured and result.low is None for result in judged):
        yield Text(_TOO_FEW_MEANS)
    for result in judged:
        for warning in result.warnings:
            yield Text(f"{result.claim.id}: {warning}", style="yellow")
    yield from _unmeasured(judged)


def _unmeasured(judged: Sequence[JudgedClaim]) -> Iterator[Text]:
    """Yield why claims are not measured; each reason once."""
    unmeasured: dict[str, list[str]] = {}
    for result in judged:
        if result.verdict is ClaimVerdict.UNMEASURED:
            unmeasured.setdefault(result.sentence, []).append(result.claim.id)
    if unmeasured:
        yield Text("Not measured:", style="bold")
    for reason, ids in unmeasured.items():
        yield Text(f"{', '.join(ids)}: {reason}", style="bright_black")


def machine(diagnoses: Sequence[Diagnosis]) -> RenderableType:
    """Return the output of `doctor`."""
    table = _table("what", "found", "advice")
    for diagnosis in diagnoses:
        _add_row(table, diagnosis.name, diagnosis.value, Text(diagnosis.advice, style="yellow"))
    return table
