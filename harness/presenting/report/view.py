"""The content of the page as plain data and texts; the templates only place it. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.findings import finding
from harness.analysis.requests import describe_better
from harness.analysis.run_results import in_row_order, ranked
from harness.catalog.workload import BASELINE
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.analysis.run_results import Analysis, CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.presenting.report.sources import SourceFile
    from harness.presenting.report.svg import SafeSvg
    from harness.results.records import Cell, Run
    from harness.statistics.estimates import Estimate

_LONGEST_MESSAGE = 2_000  # characters; a runner may send any number
_SOURCES_SHOWN = 2  # before the reader chooses


@dataclass(frozen=True)
class CellValue:
    """A number in a table; `key` sorts its column, and is empty if the number is unknown."""

    text: str = ""
    interval: str = ""
    key: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.text or self.interval)


@dataclass(frozen=True)
class ColumnHeading:
    """The heading of a column, with a note."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class ContestantRow:
    """A contestant in the table of a case."""

    contestant: str
    model: str
    tier: int | None
    standing: str  # the tier, and the verdict against the best of it
    values: tuple[CellValue, ...]  # one per column
    is_failed: bool


@dataclass(frozen=True)
class CaseTable:
    """The results of a case: numbers, failures, absences, warnings."""

    id: str
    case: str
    settings: str
    has_tiers: bool
    columns: tuple[ColumnHeading, ...]  # those that say something of any row
    rows: tuple[ContestantRow, ...]
    failures: tuple[tuple[str, str, str], ...]  # contestant, number and kind of failures, message
    absences: tuple[tuple[str, str, str], ...]  # contestant, kind of absence, reason
    warnings: tuple[tuple[str, str], ...]  # contestants, warning


@dataclass(frozen=True)
class SourceListing:
    """A source file with the results of the contestants that run it."""

    id: str
    source: SourceFile
    contestants: tuple[tuple[str, str, str], ...]  # contestant, its model, its result
    is_chosen: bool

    @property
    def models(self) -> tuple[str, ...]:
        """The models that run it."""
        return tuple(dict.fromkeys(model for _, model, _ in self.contestants))

    @property
    def label(self) -> str:
        """The text of its button."""
        return ", ".join(name for name, _, _ in self.contestants)


@dataclass(frozen=True)
class Picture:
    """A figure, or the reason why it is not shown."""

    name: str
    svg: SafeSvg | None
    label: str  # the finding, for readers who cannot see the figure
    reason: str = ""


@dataclass(frozen=True)
class Section:
    """A workload."""

    id: str
    title: str
    question: str
    finding: str
    certainty: tuple[str, ...]
    rules: tuple[str, ...]
    headline: CaseTable | None
    others: tuple[CaseTable, ...]  # that have results
    not_reached: str  # the names of cases without results
    listings: tuple[SourceListing, ...]
    unlisted: str  # why no source is shown
    commands: tuple[tuple[str, str, str], ...]  # contestant, its model, the command
    pictures: tuple[Picture, ...]


def section(
    analysis: Analysis,
    result: WorkloadResult,
    sources: Mapping[str, SourceFile],
    pictures: tuple[Picture, ...],
) -> Section:
    """Return the section of a workload."""
    workload = result.workload
    tables = {case: _case_table(result, case, cells) for case, cells in result.cases.items()}
    headline = tables.pop(result.headline_id, None)
    listings = tuple(_listings(analysis, result, sources))
    measured = [cell.cell for cell in result.headline if cell.absent is None]
    return Section(
        id=f"w-{workload.id}",
        title=workload.title,
        question=workload.question,
        finding=f"{finding(result)}.",
        certainty=tuple(_certainty(result)),
        rules=workload.rules,
        headline=headline,
        others=tuple(table for table in tables.values() if table.rows),
        not_reached=", ".join(case for case, table in tables.items() if not table.rows),
        listings=listings,
        unlisted=""
        if listings
        else "This run does not say which files it measured: an older Loombench made it.",
        commands=tuple((cell.name, cell.model, command(analysis.run, cell)) for cell in measured),
        pictures=pictures,
    )


def case_id(workload: str, case: str) -> str:
    """Return the anchor of a case's table."""
    return f"c-{workload}-{case}"


def command(run: Run, cell: Cell) -> str:
    """Return the command that measures a cell again; quoted, since names may be anything."""
    models = dict.fromkeys((BASELINE, cell.model))
    has_baseline = any(
        (other.workload, other.case, other.model) == (cell.workload, cell.case, BASELINE)
        for other in run.cells
    )
    named = ",".join(models) if has_baseline else cell.model
    arguments = ["loombench", "run", "--workload", cell.workload, "--case", cell.case]
    arguments += ["--model", named, "--profile", run.profile, "--seed", str(run.seed)]
    for file in run.runner_files:
        arguments += ["--runner", file]
    for label, text in run.runtimes.items():
        arguments += ["--runtime", f"{label}={text}"]
    return shlex.join(units.printable(argument) for argument in arguments)


def _certainty(result: WorkloadResult) -> Iterator[str]:
    """Yield sentences on the noise floor and on the tiers."""
    comparison = result.comparison
    if not ranked(result):
        return
    if comparison.floor is not None:
        percent = units.format_significant(100 * (comparison.floor - 1), 2)
        yield f"Noise floor: {percent}%."
    else:
        yield "Noise floor: unknown; too few blocks."
    if len(comparison.tiers) == 1:
        yield "One tier: no contestant is different from the best."
    elif comparison.tiers:
        yield f"{len(comparison.tiers)} tiers."
    else:
        yield (
            "No tiers: too few blocks, or nothing to compare. The order is only a hint. With fewer"
            " than five processes a number has no interval."
        )


def _case_table(result: WorkloadResult, case: str, cells: list[CellResult]) -> CaseTable:
    metrics = list(result.workload.metrics.values())
    is_headline = case == result.headline_id
    by_cpu = result.by_cpu if is_headline else None
    known = [cell for cell in cells if cell.metrics or cell.failures]
    if is_headline:
        order = [cell.contestant for cell in in_row_order(result)]
        known.sort(key=lambda cell: _rank(order, cell))
    first, *others = (
        ColumnHeading(metric.label, describe_better(metric, cells)) for metric in metrics
    )
    columns = (
        first,
        ColumnHeading(f"vs {BASELINE}", "ratio inside blocks"),
        *others,
        *([ColumnHeading("CPU tier", by_cpu.metric.label)] if by_cpu else []),
        ColumnHeading("peak memory"),
        ColumnHeading("CPU", "cores busy"),
        ColumnHeading("n", "processes"),
        ColumnHeading("failed", "of all trials"),
    )
    rows = [_contestant_row(result, cell, is_headline=is_headline) for cell in known]
    said = [any(row.values[place].says_something for row in rows) for place in range(len(columns))]
    return CaseTable(
        id=case_id(result.workload.id, case),
        case=case,
        settings=result.workload.describe_params(result.workload.cases[case]),
        has_tiers=is_headline and bool(result.comparison.tiers),
        columns=tuple(compress(columns, said)),
        rows=tuple(replace(row, values=tuple(compress(row.values, said))) for row in rows),
        failures=tuple(
            (cell.name, _failures(cell), shorten(cell.message)) for cell in cells if cell.failures
        ),
        absences=tuple(_absences(cells)),
        warnings=tuple(_group_warnings(cells)),
    )


def _rank(order: list[Contestant], cell: CellResult) -> int:
    """Return the place of a cell; those without a metric come last."""
    return order.index(cell.contestant) if cell.contestant in order else len(order)


def _contestant_row(
    result: WorkloadResult, cell: CellResult, *, is_headline: bool
) -> ContestantRow:
    first, *others = (
        _cell_value(cell.metrics.get(metric.id), metric.unit, cell.lacking.get(metric.id, ""))
        for metric in result.workload.metrics.values()
    )
    by_cpu = result.by_cpu if is_headline else None
    peak, cores = cell.peak_bytes, cell.cores
    n = cell.statuses.get(Status.OK, 0)
    failed = f"{cell.failures} of {cell.attempts}" if cell.failures else ""
    return ContestantRow(
        contestant=cell.name,
        model=cell.cell.model,
        tier=result.comparison.tier_of(cell.contestant) if is_headline else None,
        standing=result.comparison.standing(cell.contestant) if is_headline else "",
        values=(
            first,
            _cell_value(cell.ratio, "x"),
            *others,
            *([_tier_value(by_cpu, cell)] if by_cpu else []),
            CellValue() if peak is None else CellValue(units.format_size(peak), key=str(peak)),
            CellValue()
            if cores is None
            else CellValue(units.format_significant(cores, 2), key=f"{cores:.6g}"),
            CellValue(str(n), key=str(n)),
            CellValue(failed, key=str(cell.failures)),
        ),
        is_failed=cell.unranked is not None,
    )


def _tier_value(by_cpu: WorkloadResult, cell: CellResult) -> CellValue:
    """Return the tier of a server in the ranking by CPU time."""
    number = by_cpu.comparison.tier_of(cell.contestant)
    return CellValue(
        by_cpu.comparison.standing(cell.contestant), key="" if number is None else str(number)
    )


def _cell_value(estimate: Estimate | None, unit: str, lacking: str = "") -> CellValue:
    """Return a value as it is shown; without one, why it is `lacking`."""
    if estimate is None:
        return CellValue(interval=lacking)
    text, key = units.format_compact(estimate.value, unit), f"{estimate.value:.6g}"
    if estimate.low is None or estimate.high is None:
        return CellValue(text, "no interval", key)
    low, high = (units.format_compact(end, unit) for end in (estimate.low, estimate.high))
    return CellValue(text, f"{low} to {high}", key)


def _failures(cell: CellResult) -> str:
    """Return how many trials failed, in which way: `2 timeout of 5 trials`."""
    return f"{cell.failed_how} of {units.format_count(cell.attempts, 'trial')}"


def _group_warnings(cells: Iterable[CellResult]) -> Iterator[tuple[str, str]]:
    """Yield each warning once, with all contestants that it concerns."""
    concerned: dict[str, list[str]] = {}
    for cell in cells:
        for text in _warnings(cell):
            concerned.setdefault(text, []).append(cell.name)
    for text, names in concerned.items():
        yield ", ".join(names), text


def _warnings(cell: CellResult) -> tuple[str, ...]:
    """Return why a contestant without failures is not ranked, and its other warnings."""
    if cell.unranked is None or cell.failures:
        return cell.warnings
    return (cell.unranked.text, *cell.warnings)


def _absences(cells: Sequence[CellResult]) -> Iterator[tuple[str, str, str]]:
    """Yield a contestant, the kind of absence and the reason; those not reached once together."""
    for cell in cells:
        if cell.absent is not None:
            yield cell.name, cell.absent.absence.label, shorten(cell.absent.reason)
    not_reached = [cell.name for cell in cells if cell.absent is None and not cell.attempts]
    if not_reached:
        yield ", ".join(not_reached), "planned, but not measured yet", ""


def shorten(text: str) -> str:
    """Cut a text that is too long, and say so."""
    if len(text) <= _LONGEST_MESSAGE:
        return text
    return f"{text[:_LONGEST_MESSAGE]} … ({len(text):,} characters)"


def _listings(
    analysis: Analysis, result: WorkloadResult, sources: Mapping[str, SourceFile]
) -> Iterator[SourceListing]:
    """Yield each source once; those of the baseline and of the best contestant are chosen."""
    files = analysis.run.implementations
    by_file: dict[str, list[CellResult]] = {}
    for cell in result.headline:
        file = files.get(cell.contestant.key, "")
        if file in sources:
            by_file.setdefault(file, []).append(cell)
    preferred = [result.workload.baseline.key, *(cell.contestant.key for cell in ranked(result))]
    chosen = list(dict.fromkeys(files[key] for key in preferred if files.get(key) in by_file))[
        :_SOURCES_SHOWN
    ]
    for number, (file, cells) in enumerate(by_file.items(), 1):
        yield SourceListing(
            id=f"s-{result.workload.id}-{number}",
            source=sources[file],
            contestants=tuple(
                (cell.name, cell.cell.model, _result_line(result, cell)) for cell in cells
            ),
            is_chosen=file in chosen,
        )


def _result_line(result: WorkloadResult, cell: CellResult) -> str:
    """Return the result of a contestant in the headline case on one line."""
    if cell.failures:
        return f"failed: {_failures(cell)}"
    value = _cell_value(cell.metrics.get(result.metric.id), result.metric.unit)
    if not value.text:
        return "no result"
    if cell.unranked is not None:
        return f"{value.text} ({value.interval}), not ranked: {cell.unranked.obstacle.value}"
    standing = result.comparison.standing(cell.contestant)
    return f"{value.text} ({value.interval})" + (f", tier {standing}" if standing else "")
