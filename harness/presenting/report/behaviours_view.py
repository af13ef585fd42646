"""The section of the behaviours as plain data: the table, and the evidence for each question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import units
from harness.behaviours import judge
from harness.behaviours.judge import State
from harness.catalog.contestant import DEFAULT_RUNTIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.behaviours.judge import Cell, Row
    from harness.behaviours.records import Heading
    from harness.presenting.report.sources import SourceFile

_CLASSES = {State.AGREED: "agreed", State.VARYING: "varying", State.FAILED: "bad"}
_ABSENT = {State.NOT_APPLICABLE: "n/a", State.UNAVAILABLE: "unavailable", State.MISSING: "no probe"}


@dataclass(frozen=True)
class TableCell:
    """A cell of the table; `anchor` is empty if there is no evidence."""

    model: str
    runtime: str
    text: str
    css: str
    anchor: str
    is_different: bool
    reason: str  # why there is no answer
    elsewhere: tuple[TableCell, ...] = ()  # other answers, on other runtimes


@dataclass(frozen=True)
class Seen:
    """A word, how often it was observed, and what one of these probes saw."""

    word: str
    times: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What was observed on a model."""

    anchor: str
    model: str
    name: str
    text: str
    seen: tuple[Seen, ...]
    promise: str
    is_different: bool
    reason: str


@dataclass(frozen=True)
class QuestionDetails:
    """A question with its row, its evidence and the sources of its probes."""

    id: str
    title: str
    group: str
    probe: str
    words: tuple[tuple[str, str], ...]
    cells: tuple[TableCell, ...]
    answers: tuple[Answer, ...]
    sources: tuple[tuple[SourceFile, str, str], ...]  # file, its models for people and programs


@dataclass(frozen=True)
class BehavioursSection:
    """All behaviours of a run."""

    summary: str
    heading: Heading
    models: tuple[str, ...]
    groups: tuple[tuple[str, tuple[QuestionDetails, ...]], ...]
    differences: tuple[str, ...]

    @property
    def questions(self) -> tuple[QuestionDetails, ...]:
        """All questions, in the order of the groups."""
        return tuple(question for _, questions in self.groups for question in questions)


def section(
    heading: Heading, rows: Sequence[Row], sources: Mapping[str, SourceFile]
) -> BehavioursSection | None:
    """Return the section; None if nothing was observed."""
    if not rows:
        return None
    groups: dict[str, list[QuestionDetails]] = {}
    for row in rows:
        groups.setdefault(row.question.group, []).append(_question(row, sources))
    return BehavioursSection(
        judge.summary_sentence(rows),
        heading,
        heading.models,
        tuple((f"{group[0].upper()}{group[1:]}", tuple(all_)) for group, all_ in groups.items()),
        tuple(judge.find_differences(rows)),
    )


def _question(row: Row, sources: Mapping[str, SourceFile]) -> QuestionDetails:
    question = row.question
    observed = [one for cell in row.cells for one in (cell, *cell.elsewhere) if one.observations]
    by_source: dict[str, list[str]] = {}
    for cell in observed:
        by_source.setdefault(cell.observations[0].source, []).append(cell.model)
    return QuestionDetails(
        question.id,
        question.title,
        question.group,
        question.probe,
        tuple(question.words.items()),
        tuple(_table_cell(cell) for cell in row.cells),
        tuple(_answer(cell) for cell in observed),
        tuple(
            (sources[file], ", ".join(dict.fromkeys(models)), " ".join(dict.fromkeys(models)))
            for file, models in by_source.items()
        ),
    )


def _anchor(cell: Cell) -> str:
    of = cell.model if cell.runtime == DEFAULT_RUNTIME else f"{cell.model}-{cell.runtime}"
    return f"b-{cell.question}-{of}"


def _table_cell(cell: Cell) -> TableCell:
    return TableCell(
        cell.model,
        cell.runtime,
        _ABSENT.get(cell.state, cell.text),
        _CLASSES.get(cell.state, "absent"),
        _anchor(cell) if cell.observations else "",
        cell.is_different,
        cell.reason,
        tuple(map(_table_cell, cell.elsewhere)),
    )


def _answer(cell: Cell) -> Answer:
    promise = cell.promise
    return Answer(
        _anchor(cell),
        cell.model,
        cell.name,
        cell.text,
        tuple(_seen(cell)),
        "" if promise is None else f"Documented: {promise.word}. {promise.source}.",
        cell.is_different,
        cell.reason,
    )


def _seen(cell: Cell) -> Iterator[Seen]:
    """Yield each observed word with the evidence of the first process that observed it."""
    total = len(cell.observations)
    first = {one.word: one for one in reversed(cell.observations)}
    for word, count in cell.words:
        one = first[word]
        last_lines = one.stderr_end.splitlines()[-1:]
        printed = [f"standard error ends with: {units.one_line(line)}" for line in last_lines]
        processes = "process" if total == 1 else "processes"
        yield Seen(word, f"{count} of {total} {processes}", (*one.evidence, *printed))
