"""Ledgers -> claims: what somebody wrote, the reading that is tested, and how it is measured.

Pure but for `load`. Every error is `file: key: found ..., expected ...`, as of workload files.
Whether a run has what a claim asks for is not known here; `claims` says so of each run.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.contestant import Contestant, parse_name
from harness.catalog.formula import Formula
from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import HEADLINE
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN = Path(__file__).with_name("claims.toml")
RATIO = "x"  # the unit of a ratio

_ID = re.compile(r"[a-z][a-z0-9]*([-.][a-z0-9]+)*")
_LONGEST_SENTENCE = 100  # characters: what a row of a table or a figure holds
_RANGES = "`1 to 10 µs`, `at least 2x` or `at most 1.05 cores`"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_BETWEEN = re.compile(rf"({_NUMBER}) to ({_NUMBER}) ?([^\d\s].*)")
_ONE_SIDED = re.compile(rf"at (least|most) ({_NUMBER}) ?([^\d\s].*)")
# People's units to base units; a kilobyte of memory is 1,024 bytes, also where it is written KB.
_SCALES = {
    "ns": (1.0, "ns"),
    "µs": (1e3, "ns"),
    "us": (1e3, "ns"),
    "ms": (1e6, "ns"),
    "s": (1e9, "ns"),
    "B": (1.0, "bytes"),
    **{
        name: (2.0**power, "bytes")
        for letter, power in (("K", 10), ("M", 20), ("G", 30))
        for name in (f"{letter}B", f"{letter}iB")
    },
}


@dataclass(frozen=True)
class Range:
    """What a claim says a value is: between two ends, which belong to it, or beyond one."""

    low: float | None  # base units; None: no least
    high: float | None
    unit: str  # ns, bytes, x, or as it is written
    text: str  # as it is written


@dataclass(frozen=True)
class Source:
    """Where a claim is made."""

    document: str
    section: str


@dataclass(frozen=True)
class Measure:
    """What of a run a claim is held against.

    `formula` is over one metric of the workload, the parameters of the case and `logical_cores`.
    With `to` it is a ratio: of this contestant to that, each by the formula.
    """

    case: str
    this: Contestant
    formula: Formula
    to: Contestant | None = None
    to_case: str = ""
    label: str = ""  # the formula in words; empty where the metric's own label says it

    @property
    def is_ratio(self) -> bool:
        """Whether two cells are compared."""
        return self.to is not None

    @property
    def workload(self) -> str:
        """The id of the workload."""
        return self.this.workload


@dataclass(frozen=True)
class Claim:
    """One reading of a sentence somebody wrote."""

    id: str
    says: str  # in the words of the ledger
    reading: str  # what exactly is tested
    sources: tuple[Source, ...]
    measure: Measure | None  # None where no workload measures it yet
    range: Range | None
    waits_for: str = ""  # the workload that is to measure it
    ledger: str = ""  # the file it stands in


def load(others: Sequence[Path] = (), *, only: bool = False) -> list[Claim]:
    """Read the ledger that comes with the harness and these; or `only` these.

    Raises Problem, also where an id stands in two of them.
    """
    claims: dict[str, Claim] = {}
    for path in others if only else (OWN, *others):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(f"{path}: cannot be read: {error}") from None
        for claim in parse(text, path.name if path == OWN else str(path)):
            if claim.id in claims:
                raise Problem(
                    f"{claim.ledger}: claims.{claim.id}: found an id that stands in"
                    f" {claims[claim.id].ledger} already, expected one of its own"
                )
            claims[claim.id] = claim
    return list(claims.values())


def parse(text: str, file: str) -> list[Claim]:
    """Read the text of one ledger, in its order. Raises Problem."""
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    titles = root.table("documents")
    documents = {key: titles.text(key) for key in titles.values}
    claims = [_claim(id_, table, documents) for id_, table in root.tables("claims")]
    root.done()
    if not claims:
        raise Problem(f"{file}: claims: found none, expected at least one")
    return claims


def range_of(text: str) -> Range | None:
    """Read a range; None where the text is none, or an empty one."""
    low: float | None
    high: float | None
    if match := _BETWEEN.fullmatch(text):
        low, high, unit = _number(match[1]), _number(match[2]), match[3]
    elif match := _ONE_SIDED.fullmatch(text):
        end, unit = _number(match[2]), match[3]
        low, high = (end, None) if match[1] == "least" else (None, end)
    else:
        return None
    if low is not None and high is not None and low > high:
        return None
    factor, base = _SCALES.get(unit, (1.0, unit))
    return Range(
        None if low is None else factor * low, None if high is None else factor * high, base, text
    )


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _claim(id_: str, table: TomlTable, documents: dict[str, str]) -> Claim:
    if not _ID.fullmatch(id_):
        raise table.problem("", id_, "lowercase words joined by hyphens")
    says, reading = (_sentence(table, key) for key in ("says", "reading"))
    sources = _sources(table, documents)
    waits_for = table.text("waits_for", "")
    measure = None if waits_for else _measure(table)
    range_ = None if waits_for else _range(table, measure)
    table.done()  # so that what waits says nothing of how it would be measured
    return Claim(id_, says, reading, sources, measure, range_, waits_for, table.file)


def _sentence(table: TomlTable, key: str) -> str:
    text = table.text(key, expected="a sentence")
    if len(text) > _LONGEST_SENTENCE or "\n" in text:
        raise table.problem(key, text, f"a sentence of at most {_LONGEST_SENTENCE} characters")
    return text


def _sources(table: TomlTable, documents: dict[str, str]) -> tuple[Source, ...]:
    expected = f"`DOCUMENT: section`, the document one of {', '.join(documents) or 'none'}"
    texts = table.texts("sources")
    if not texts:
        raise table.problem("sources", [], f"at least one {expected}")
    sources = []
    for text in texts:
        document, _, section = text.partition(": ")
        if document not in documents or not section.strip():
            raise table.problem("sources", text, expected)
        sources.append(Source(documents[document], section))
    return tuple(sources)


def _measure(table: TomlTable) -> Measure:
    workload = table.text("workload", expected="the id of a workload, or `waits_for`")
    case = table.text("case", HEADLINE)
    this = _contestant(table, "this", workload)
    to = _contestant(table, "to", workload) if "to" in table.values else None
    formula = _formula(table)
    label = table.text("label", "" if formula.text.isidentifier() else ..., "the formula in words")
    return Measure(
        case=case,
        this=this,
        formula=formula,
        to=to,
        to_case=table.text("to_case", case) if to else "",
        label=label,
    )


def _contestant(table: TomlTable, key: str, workload: str) -> Contestant:
    text = table.text(key)
    contestant = parse_name(workload, text)
    if contestant is None:
        raise table.problem(key, text, "a model, or `model · variant`")
    return contestant


def _formula(table: TomlTable) -> Formula:
    text = table.text("measure", expected="a formula of one metric")
    try:
        return Formula(text)
    except ValueError as error:
        raise table.problem("measure", text, f"a formula of one metric ({error})") from None


def _range(table: TomlTable, measure: Measure | None) -> Range:
    text = table.text("range", expected=f"a range such as {_RANGES}")
    found = range_of(text)
    if found is None:
        raise table.problem("range", text, f"a range such as {_RANGES}, the lesser end first")
    if measure is not None and measure.is_ratio and found.unit != RATIO:
        raise table.problem("range", text, "one of a ratio, as `to` makes it: `2 to 4x`")
    return found
