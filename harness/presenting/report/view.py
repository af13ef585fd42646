"""What the page shows of a workload, in words: the templates only say where it stands. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.analyse import ranked
from harness.analysis.findings import finding
from harness.catalog.workload import BASELINE, HEADLINE
from harness.claims import judge as claims_
from harness.results.records import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.analysis.analyse import Analysis, CellResult, WorkloadResult
    from harness.catalog.contestant import Contestant
    from harness.claims.judge import JudgedClaim
    from harness.presenting.report.sources import Source
    from harness.presenting.report.svg import Figure
    from harness.results.records import Cell, Run
    from harness.statistics.estimates import Estimate

_LONGEST = 2_000  # characters of a message: it is read, and a runner may say any amount
_CHOSEN = 2  # sources that are shown before somebody chooses


@dataclass(frozen=True)
class Value:
    """A number in a table; `key` is what its column is sorted by, empty where it is not known."""

    text: str = ""
    interval: str = ""
    key: str = ""


@dataclass(frozen=True)
class Column:
    """A heading, and what is to be known of it."""

    name: str
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A contestant in a case."""

    contestant: str
    model: str
    tier: int | None
    values: tuple[Value, ...]  # one a column
    is_failed: bool


@dataclass(frozen=True)
class Table:
    """A case: its numbers, and what is to be said beside them."""

    id: str
    case: str
    settings: str
    has_tiers: bool
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    failures: tuple[tuple[str, str, str], ...]  # contestant, how often it failed how, its message
    absences: tuple[tuple[str, str, str], ...]  # contestant, why not, the reason
    warnings: tuple[tuple[str, str], ...]  # contestant, warning


@dataclass(frozen=True)
class Listing:
    """A source with what all that ran it came to."""

    id: str
    source: Source
    contestants: tuple[tuple[str, str, str], ...]  # contestant, its model, its result
    is_chosen: bool

    @property
    def models(self) -> tuple[str, ...]:
        """The models that run it."""
        return tuple(dict.fromkeys(model for _, model, _ in self.contestants))

    @property
    def label(self) -> str:
        """What it is called where it is chosen."""
        return ", ".join(name for name, _, _ in self.contestants)


@dataclass(frozen=True)
class Picture:
    """A figure that is drawn, or why it cannot be shown."""

    name: str
    figure: Figure | None
    label: str  # its finding, for those who cannot see it
    reason: str = ""


@dataclass(frozen=True)
class ClaimRow:
    """A sentence that somebody wrote, and what the run says of it."""

    verdict: str
    says: str
    reading: str
    sources: str
    range: str
    shown: str
    sentence: str
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Claims:
    """All claims that were held against a run."""

    summary: str
    measured: tuple[ClaimRow, ...]
    unmeasured: tuple[ClaimRow, ...]


@dataclass(frozen=True)
class Section:
    """A workload."""

    id: str
    title: str
    question: str
    finding: str
    meaning: tuple[str, ...]
    rules: tuple[str, ...]
    headline: Table | None
    others: tuple[Table, ...]
    listings: tuple[Listing, ...]
    unlisted: str  # why no source is shown
    commands: tuple[tuple[str, str, str], ...]  # contestant, its model, what to type
    pictures: tuple[Picture, ...]


def section(
    analysis: Analysis,
    result: WorkloadResult,
    sources: Mapping[str, Source],
    pictures: tuple[Picture, ...],
) -> Section:
    """Return all that is shown of a workload."""
    workload = result.workload
    tables = {case: _table(result, case, cells) for case, cells in result.cases.items()}
    headline = tables.pop(result.headline_id, None)
    listings = tuple(_listings(analysis, result, sources))
    measured = [one.cell for one in result.headline if one.absent is None]
    return Section(
        id=f"w-{workload.id}",
        title=workload.title,
        question=workload.question,
        finding=f"{finding(result)}.",
        meaning=tuple(_meaning(result)),
        rules=workload.rules,
        headline=headline,
        others=tuple(tables.values()),
        listings=listings,
        unlisted=""
        if listings
        else "Which sources were run is not known of this run: it was made before that was noted.",
        commands=tuple((cell.name, cell.model, command(analysis.run, cell)) for cell in measured),
        pictures=pictures,
    )


def claims(checked: Sequence[JudgedClaim]) -> Claims | None:
    """Return what is shown of claims; None where there are none."""
    if not checked:
        return None
    rows = [
        ClaimRow(
            verdict=one.verdict.value,
            says=one.claim.says,
            reading=one.claim.reading,
            sources="; ".join(f"{own.document}, {own.section}" for own in one.claim.citations),
            range="" if one.range is None else one.range.text,
            shown=claims_.format_measured(one),
            sentence=one.sentence,
            warnings=one.warnings,
        )
        for one in checked
    ]
    without = claims_.Verdict.UNMEASURED.value
    return Claims(
        claims_.summary_sentence(checked),
        tuple(one for one in rows if one.verdict != without),
        tuple(one for one in rows if one.verdict == without),
    )


def case_id(workload: str, case: str) -> str:
    """Return where the table of a case stands in the page."""
    return f"c-{workload}-{case}"


def command(run: Run, cell: Cell) -> str:
    """Return what to type to measure a cell again; quoted, since names may be anybody's."""
    models = dict.fromkeys((BASELINE, cell.model))
    has_baseline = any(
        (one.workload, one.case, one.model) == (cell.workload, cell.case, BASELINE)
        for one in run.cells
    )
    named = ",".join(models) if has_baseline else cell.model
    arguments = ["loombench", "run", "--workload", cell.workload, "--case", cell.case]
    arguments += ["--model", named, "--profile", run.profile, "--seed", str(run.seed)]
    for file in run.runner_files:
        arguments += ["--runner", file]
    return shlex.join(units.printable(one) for one in arguments)


def _meaning(result: WorkloadResult) -> Iterator[str]:
    """Yield how far the finding can be trusted, and what would not be a difference."""
    comparison = result.comparison
    if not ranked(result):
        return
    if comparison.floor is not None:
        percent = units.format_significant(100 * (comparison.floor - 1), 2)
        yield (
            f"The noise floor here is {percent}%: one contestant was entered twice, and that much"
            " it can seem to differ from itself. No smaller difference is called real."
        )
    else:
        yield "No noise floor is known here: one contestant twice, in enough blocks, would tell it."
    if len(comparison.tiers) == 1:
        yield "There is one tier: no contestant is told apart from the best."
    elif comparison.tiers:
        yield (
            f"There are {len(comparison.tiers)} tiers. Contestants of one tier are not told apart,"
            " adjusted for the number of comparisons, and their order means nothing."
        )
    else:
        yield (
            "There are no tiers: too few blocks, or nothing to compare. Take the order as a hint,"
            " and not as a result. Below five processes a number has no interval."
        )


def _table(result: WorkloadResult, case: str, cells: list[CellResult]) -> Table:
    metrics = list(result.workload.metrics.values())
    is_headline = case == result.headline_id
    known = [one for one in cells if one.metrics or one.failures]
    if is_headline:
        best = [one.contestant for one in ranked(result)]
        known.sort(key=lambda one: _place(best, one))
    return Table(
        id=case_id(result.workload.id, case),
        case=case,
        settings=result.workload.describe_params(result.workload.cases[case]),
        has_tiers=is_headline and bool(result.comparison.tiers),
        columns=(
            *(Column(one.label, f"{one.better} is better") for one in metrics),
            Column(f"to {BASELINE}", "in the same blocks"),
            Column("peak memory"),
            Column("CPU", "cores kept busy"),
            Column("n", "processes"),
            Column("failed", "of all trials"),
        ),
        rows=tuple(_row(result, one, is_headline=is_headline) for one in known),
        failures=tuple(
            (one.name, _failed(one), shortened(one.message)) for one in cells if one.failures
        ),
        absences=tuple(_absence(one) for one in cells if one.absent or not one.attempts),
        warnings=tuple((one.name, text) for one in cells for text in one.warnings),
    )


def _place(best: list[Contestant], one: CellResult) -> int:
    return best.index(one.contestant) if one.contestant in best else len(best)


def _row(result: WorkloadResult, one: CellResult, *, is_headline: bool) -> Row:
    values = [
        _value(one.metrics.get(metric.id), metric.unit)
        for metric in result.workload.metrics.values()
    ]
    peak, cores = one.peak_bytes, one.cores
    n = one.statuses.get(Status.OK, 0)
    return Row(
        contestant=one.name,
        model=one.cell.model,
        tier=result.comparison.tier_of(one.contestant) if is_headline else None,
        values=(
            *values,
            _value(one.ratio, "x"),
            Value() if peak is None else Value(units.format_size(peak), key=str(peak)),
            Value() if cores is None else Value(units.format_significant(cores, 2), key=str(cores)),
            Value(str(n), key=str(n)),
            Value(
                f"{one.failures} of {one.attempts}" if one.failures else "0", key=str(one.failures)
            ),
        ),
        is_failed=one.failures > 0,
    )


def _value(found: Estimate | None, unit: str) -> Value:
    if found is None:
        return Value()
    text, key = units.format_compact(found.value, unit), repr(float(found.value))
    if found.low is None or found.high is None:
        return Value(text, "no interval", key)
    return Value(
        text,
        f"{units.format_compact(found.low, unit)} to {units.format_compact(found.high, unit)}",
        key,
    )


def _failed(one: CellResult) -> str:
    return f"{one.failed_how} of {units.format_count(one.attempts, 'trial')}"


def _absence(one: CellResult) -> tuple[str, str, str]:
    if one.absent is None:
        return one.name, "not measured yet", ""
    why = one.absent.absence.label
    return one.name, why, shortened(one.absent.reason)


def shortened(text: str) -> str:
    """Return a text of unknown length, and where it is cut, that it is."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text):,} characters)"


def _listings(
    analysis: Analysis, result: WorkloadResult, sources: Mapping[str, Source]
) -> Iterator[Listing]:
    """Yield each source once; the best contestant's and the baseline's are the first to be seen."""
    names = analysis.run.implementations
    ran: dict[str, list[CellResult]] = {}
    for one in result.headline:
        name = names.get(one.contestant.key, "")
        if name in sources:
            ran.setdefault(name, []).append(one)
    best = [one.contestant.key for one in ranked(result)]
    wanted = [result.workload.baseline.key, *best]
    first = list(dict.fromkeys(names[one] for one in wanted if names.get(one) in ran))[:_CHOSEN]
    for number, (name, cells) in enumerate(ran.items(), 1):
        yield Listing(
            id=f"s-{result.workload.id}-{number}",
            source=sources[name],
            contestants=tuple((one.name, one.cell.model, _result(result, one)) for one in cells),
            is_chosen=name in first,
        )


def _result(result: WorkloadResult, one: CellResult) -> str:
    """Return what a contestant came to in the headline case, on a line."""
    if one.failures:
        return f"failed: {_failed(one)}"
    value = _value(one.metrics.get(result.metric.id), result.metric.unit)
    if not value.text:
        return "no result"
    tier = result.comparison.tier_of(one.contestant)
    return f"{value.text} ({value.interval})" + (f", tier {tier}" if tier else "")


def headline_case(result: WorkloadResult) -> str:
    """Return how the headline case is called where people read it."""
    return "headline case" if result.headline_id == HEADLINE else result.headline_id
