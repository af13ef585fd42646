"""Read ledgers: TOML files of claims, each with the reading that is tested and how to measure it.

Only `load` does I/O. Errors have the form `file: key: found ..., expected ...`, as for workload
files. Whether a run measures what a claim needs is decided by `judge`, for each run.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.contestant import Contestant, is_model_id, parse_name
from harness.catalog.formula import Formula
from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import HEADLINE
from harness.errors import Problem
from harness.files import read_text
from harness.results.records import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BUILT_IN = Path(__file__).with_name("claims.toml")
RATIO = "x"  # the unit of a ratio
# What a claim can be about in a trace: who began or ended in which order, or the states of a lane.
STATES = "states"
ORDERS = ("begins", "ends", STATES)

_ID = re.compile(r"[a-z][a-z0-9]*([-.][a-z0-9]+)*")
_LONGEST_SENTENCE = 100  # characters; fits one row of a table or a figure
_RANGES = "`1 to 10 µs`, `at least 2x` or `at most 1.05 cores`"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_BETWEEN = re.compile(rf"({_NUMBER}) to ({_NUMBER}) ?([^\d\s].*)")
_ONE_SIDED = re.compile(rf"at (least|most) ({_NUMBER}) ?([^\d\s].*)")
# Units in ledgers -> base units. A kilobyte of memory is 1,024 bytes, also when written KB.
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
    """The claimed range of a value; both ends are included."""

    low: float | None  # base units; None: no lower end
    high: float | None  # base units; None: no upper end
    unit: str  # ns, bytes, x, or as written in the ledger
    text: str  # as written in the ledger


@dataclass(frozen=True)
class Citation:
    """Where a claim is made."""

    document: str
    section: str


@dataclass(frozen=True)
class Measure:
    """What to measure in a run to test a claim.

    `formula` uses one metric of the workload, the parameters of the case and `logical_cores`.
    With `to`, the measured value is a ratio: the formula for `this` over the formula for `to`.
    """

    case: str
    this: Contestant
    formula: Formula
    to: Contestant | None = None
    to_case: str = ""
    label: str = ""  # the formula in words; empty: use the label of the metric

    @property
    def is_ratio(self) -> bool:
        """Whether two cells are compared."""
        return self.to is not None

    @property
    def workload(self) -> str:
        """The id of the workload."""
        return self.this.workload


@dataclass(frozen=True)
class ExpectedWord:
    """What has to be observed for a claim about behaviour to hold."""

    question: str
    model: str
    word: str


@dataclass(frozen=True)
class ExpectedOrder:
    """What a trace has to show for a claim to hold."""

    scene: str
    model: str
    shows: str  # one of `ORDERS`
    order: tuple[str, ...]  # names of lanes, or states
    lane: str = ""  # whose states


@dataclass(frozen=True)
class Claim:
    """A claim in one reading: about a measured value, a behaviour, or an order in a trace."""

    id: str
    says: str  # the claim, in the words of the ledger
    reading: str  # what exactly is tested
    citations: tuple[Citation, ...]
    measure: Measure | None  # None: no workload measures it yet
    range: Range | None
    waits_for: str = ""  # the planned workload that will measure it
    ledger: str = ""  # the file that contains it
    behaviour: ExpectedWord | None = None  # for a claim that no number decides
    trace: ExpectedOrder | None = None  # for one that is about who ran when
    belief: str = ""  # what people believe otherwise, in a few words

    @property
    def is_observed(self) -> bool:
        """Whether no number decides it."""
        return self.behaviour is not None or self.trace is not None


def load(others: Sequence[Path] = (), *, only: bool = False) -> list[Claim]:
    """Read the built-in ledger and these; with `only`, just these.

    Raises Problem, also if an id occurs in two of them.
    """
    claims: dict[str, Claim] = {}
    for path in others if only else (BUILT_IN, *others):
        for claim in parse(read_text(path), path.name if path == BUILT_IN else str(path)):
            if claim.id in claims:
                raise Problem(
                    f"{claim.ledger}: claims.{claim.id}: found an id that {claims[claim.id].ledger}"
                    " uses already, expected a new one"
                )
            claims[claim.id] = claim
    return list(claims.values())


def list_cells(claims: Iterable[Claim]) -> set[Cell]:
    """Return the cells that the claims need."""
    measures = [claim.measure for claim in claims if claim.measure is not None]
    return {
        Cell(contestant, case or measure.case)
        for measure in measures
        for contestant, case in ((measure.this, measure.case), (measure.to, measure.to_case))
        if contestant is not None
    }


def parse(text: str, file: str) -> list[Claim]:
    """Read the text of one ledger; claims keep its order. Raises Problem."""
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    titles = root.table("documents")
    documents = {key: titles.text(key) for key in titles.values}
    claims = [_read_claim(id_, table, documents) for id_, table in root.tables("claims")]
    root.refuse_unknown_keys()
    if not claims:
        raise Problem(f"{file}: claims: found none, expected at least one")
    return claims


def parse_range(text: str) -> Range | None:
    """Read a range such as `1 to 10 µs`; None if the text is not a range, or is an empty one."""
    low: float | None
    high: float | None
    if match := _BETWEEN.fullmatch(text):
        low, high, unit = _parse_number(match[1]), _parse_number(match[2]), match[3]
    elif match := _ONE_SIDED.fullmatch(text):
        end, unit = _parse_number(match[2]), match[3]
        low, high = (end, None) if match[1] == "least" else (None, end)
    else:
        return None
    if low is not None and high is not None and low > high:
        return None
    factor, base = _SCALES.get(unit, (1.0, unit))
    return Range(
        None if low is None else factor * low, None if high is None else factor * high, base, text
    )


def _parse_number(text: str) -> float:
    return float(text.replace(",", ""))


def _read_claim(id_: str, table: TomlTable, documents: dict[str, str]) -> Claim:
    if not _ID.fullmatch(id_):
        raise table.problem("", id_, "lowercase words joined by hyphens")
    says, reading = (_read_sentence(table, key) for key in ("says", "reading"))
    citations = _read_citations(table, documents)
    waits_for, belief = table.text("waits_for", ""), table.text("belief", "")
    behaviour = _read_behaviour(table) if "behaviour" in table.values else None
    trace = _read_trace(table) if "trace" in table.values else None
    is_number = not waits_for and behaviour is None and trace is None
    measure = _read_measure(table) if is_number else None
    range_ = _read_range(table, measure) if is_number else None
    table.refuse_unknown_keys()  # also refuses `measure` or `range` beside `waits_for`
    return Claim(
        id_,
        says,
        reading,
        citations,
        measure,
        range_,
        waits_for,
        table.file,
        behaviour,
        trace,
        belief,
    )


def _read_behaviour(table: TomlTable) -> ExpectedWord:
    model = _read_model(table)
    return ExpectedWord(table.text("behaviour"), model, table.text("is", expected="a word"))


def _read_trace(table: TomlTable) -> ExpectedOrder:
    shows = table.choice("shows", ORDERS)
    order = tuple(part.strip() for part in table.text("is", expected="names in order").split(","))
    lane = table.text("lane", expected="the lane whose states are shown") if shows == STATES else ""
    return ExpectedOrder(table.text("trace"), _read_model(table), shows, order, lane)


def _read_model(table: TomlTable) -> str:
    model = table.text("this")
    if not is_model_id(model):
        raise table.problem("this", model, "a model")
    return model


def _read_sentence(table: TomlTable, key: str) -> str:
    text = table.text(key, expected="a sentence")
    if len(text) > _LONGEST_SENTENCE or "\n" in text:
        raise table.problem(key, text, f"a sentence of at most {_LONGEST_SENTENCE} characters")
    return text


def _read_citations(table: TomlTable, documents: dict[str, str]) -> tuple[Citation, ...]:
    expected = f"`DOCUMENT: section`, DOCUMENT one of {', '.join(documents) or 'none'}"
    texts = table.texts("sources")
    if not texts:
        raise table.problem("sources", [], f"at least one {expected}")
    citations = []
    for text in texts:
        document, _, section = text.partition(": ")
        if document not in documents or not section.strip():
            raise table.problem("sources", text, expected)
        citations.append(Citation(documents[document], section))
    return tuple(citations)


def _read_measure(table: TomlTable) -> Measure:
    workload = table.text("workload", expected="the id of a workload, or `waits_for`")
    case = table.text("case", HEADLINE)
    this = _read_contestant(table, "this", workload)
    to = _read_contestant(table, "to", workload) if "to" in table.values else None
    formula = _read_formula(table)
    label = table.text("label", "" if formula.text.isidentifier() else ..., "the formula in words")
    return Measure(
        case=case,
        this=this,
        formula=formula,
        to=to,
        to_case=table.text("to_case", case) if to else "",
        label=label,
    )


def _read_contestant(table: TomlTable, key: str, workload: str) -> Contestant:
    text = table.text(key)
    contestant = parse_name(workload, text)
    if contestant is None:
        raise table.problem(
            key, text, "a model, or `model · variant`, on its own or with ` @ runtime`"
        )
    return contestant


def _read_formula(table: TomlTable) -> Formula:
    text = table.text("measure", expected="a formula of one metric")
    try:
        return Formula(text)
    except ValueError as error:
        raise table.problem("measure", text, f"a formula of one metric ({error})") from None


def _read_range(table: TomlTable, measure: Measure | None) -> Range:
    text = table.text("range", expected=f"a range such as {_RANGES}")
    range_ = parse_range(text)
    if range_ is None:
        raise table.problem("range", text, f"a range such as {_RANGES}, the lower end first")
    if measure is not None and measure.is_ratio and range_.unit != RATIO:
        raise table.problem("range", text, "a ratio, because of `to`: `2 to 4x`")
    return range_
