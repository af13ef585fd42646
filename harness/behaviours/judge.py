"""Turn observations into the cells of a table: agreed, varying, or without an answer. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME, Contestant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.behaviours.question import Promise, Question
    from harness.behaviours.records import Observation
    from harness.behaviours.store import Observed


class State(StrEnum):
    """What is known of a question on a model."""

    AGREED = "agreed"  # every repetition observed the same
    VARYING = "varying"  # repetitions differ
    FAILED = "failed"  # a repetition observed nothing, or what is no answer to the question
    NOT_APPLICABLE = "not applicable"
    UNAVAILABLE = "unavailable"  # the model cannot run on this machine
    MISSING = "missing"  # there is no probe


@dataclass(frozen=True)
class Cell:
    """A question on a model and a runtime."""

    question: str
    model: str
    state: State
    words: tuple[tuple[str, int], ...] = ()  # word and how often it was observed, most often first
    reason: str = ""  # why there is no answer
    promise: Promise | None = None
    observations: tuple[Observation, ...] = ()
    runtime: str = DEFAULT_RUNTIME
    others: tuple[Cell, ...] = ()  # the same question and model on other runtimes

    @property
    def name(self) -> str:
        """The model, with the runtime unless it is the default: `trio @ 3.13`."""
        return Contestant(self.question, self.model, "", self.runtime).name

    @property
    def elsewhere(self) -> tuple[Cell, ...]:
        """The answers on other runtimes that differ; a model that cannot run there gives none."""
        able = (other for other in self.others if other.state is not State.UNAVAILABLE)
        return tuple(other for other in able if other.answer != self.answer)

    @property
    def answer(self) -> tuple[State, frozenset[str]]:
        """What is known, whatever the number of processes that a word was observed in."""
        return self.state, frozenset(word for word, _ in self.words)

    @property
    def text(self) -> str:
        """The cell in a few words: `cancelled`, `varies: first, second`."""
        if self.state is State.VARYING:
            return f"varies: {', '.join(word for word, _ in self.words)}"
        return self.words[0][0] if self.state is State.AGREED else self.state.value

    @property
    def is_different(self) -> bool:
        """Whether something else was observed than the documentation promises."""
        if self.promise is None:
            return False
        return any(word != self.promise.word for word, _ in self.words)


@dataclass(frozen=True)
class Row:
    """A question with a cell for each model on the default runtime."""

    question: Question
    cells: tuple[Cell, ...]


def table(observed: Observed) -> list[Row]:
    """Return a row for each question, in the order of the file."""
    by_cell: dict[tuple[str, str, str], list[Observation]] = {}
    for one in observed.observations:
        by_cell.setdefault((one.question, one.model, one.runtime), []).append(one)
    heading = observed.heading

    def judge(question: Question, model: str, runtime: str, unavailable: dict[str, str]) -> Cell:
        seen = by_cell.get((question.id, model, runtime), ())
        return replace(_judge(question, model, seen, unavailable), runtime=runtime)

    def cell(question: Question, model: str) -> Cell:
        others = (
            judge(question, model, other.label, other.unavailable)
            for other in heading.others
            if model in other.models
        )
        own = judge(question, model, DEFAULT_RUNTIME, heading.unavailable)
        return replace(own, others=tuple(others))

    return [
        Row(question, tuple(cell(question, model) for model in heading.models))
        for question in observed.questions.values()
    ]


def list_cells(rows: Iterable[Row]) -> list[Cell]:
    """Return the cells of all runtimes."""
    return [one for row in rows for cell in row.cells for one in (cell, *cell.others)]


def _judge(
    question: Question,
    model: str,
    observations: Sequence[Observation],
    unavailable: dict[str, str],
) -> Cell:
    promise = question.promises.get(model)
    if not observations:
        for reasons, state in (
            (question.not_applicable, State.NOT_APPLICABLE),
            (unavailable, State.UNAVAILABLE),
        ):
            if model in reasons:
                return Cell(question.id, model, state, reason=reasons[model])
        return Cell(question.id, model, State.MISSING, reason="there is no probe")
    counts = Counter(one.word for one in observations if one.word in question.words)
    words = tuple(counts.most_common())
    reason = _find_failure(question, observations)
    state = State.FAILED if reason else State.AGREED if len(words) == 1 else State.VARYING
    return Cell(question.id, model, state, words, reason, promise, tuple(observations))


def _find_failure(question: Question, observations: Iterable[Observation]) -> str:
    """Return why a repetition gives no answer; empty if all do."""
    for one in observations:
        if not one.word:
            return one.problem or "the probe reported nothing"
        if one.word not in question.words:
            known = ", ".join(question.words)
            return f"the probe observed {one.word!r}, expected one of {known}"
    return ""


def find_differences(rows: Iterable[Row]) -> list[str]:
    """Return a sentence for each cell in which documentation and observation differ."""
    return [
        f"{cell.name}: {row.question.title} Promised: {cell.promise.word}"
        f" ({cell.promise.source}). Observed: {cell.text}."
        for row in rows
        for cell in list_cells([row])
        if cell.promise is not None and cell.is_different
    ]


def summary_sentence(rows: Sequence[Row]) -> str:
    """Return what the table holds, in one sentence."""
    cells = list_cells(rows)
    states = Counter(cell.state for cell in cells)
    other = sum(any(one.words for one in cell.elsewhere) for cell in cells if cell.words)
    answered = states[State.AGREED] + states[State.VARYING]
    varying, failed = states[State.VARYING], states[State.FAILED]
    different = len(find_differences(rows))
    parts = [
        units.format_count(len(rows), "question"),
        units.format_count(answered, "answer"),
        f"{varying} {'varies' if varying == 1 else 'vary'} between processes" if varying else "",
        f"{failed} failed" if failed else "",
        f"{different} not as documented" if different else "",
        f"{other} that {'differs' if other == 1 else 'differ'} between runtimes" if other else "",
    ]
    return ", ".join(filter(None, parts))


def json_document(observed: Observed, rows: Iterable[Row]) -> dict[str, Any]:
    """Return the table for programs."""
    return {
        "started_at": observed.heading.started_at,
        "repetitions": observed.heading.repetitions,
        "runtimes": list(observed.heading.runtimes),
        "questions": [
            {
                "id": row.question.id,
                "title": row.question.title,
                "group": row.question.group,
                "probe": row.question.probe,
                "words": dict(row.question.words),
                "cells": [_cell_document(cell) for cell in list_cells([row])],
            }
            for row in rows
        ],
    }


def _cell_document(cell: Cell) -> dict[str, Any]:
    promise = cell.promise
    return {
        "model": cell.model,
        "runtime": cell.runtime,
        "state": cell.state.value,
        "words": dict(cell.words),
        "reason": cell.reason or None,
        "promise": None if promise is None else {"word": promise.word, "source": promise.source},
        "differs": cell.is_different,
        "source": cell.observations[0].source if cell.observations else None,
        "evidence": [list(one.evidence) for one in cell.observations],
    }
