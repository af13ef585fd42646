"""Question files -> `Question`. Pure but for `load_folder`.

Every error is `file: key: found ..., expected ...`; nothing that is misspelt is ignored.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import MODELS, is_workload_id
from harness.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

QUESTIONS = Path(__file__).with_name("questions")
# Words that the harness observes: a probe that ended its process, or never ended, reports nothing.
DIES, HANGS = "process dies", "hangs"
# Models that have no probes: what they do follows from another one.
NOT_ASKED = {
    "loops": "each of its threads has a loop of asyncio, which behaves as asyncio does",
    "interpreters": "a job behaves as in any pool of the standard library",
}
GROUPS = (
    *("failures", "timeouts", "cancellation", "lifetimes", "context variables", "shared data"),
    *("scheduling", "loops and threads", "mistakes", "Ctrl-C"),
)
LONGEST_WORD = 16  # characters; a cell of the table and of the figure holds them
_WORD = re.compile(r"[a-z][a-z0-9 -]*")
_DEADLINE_S = 10


@dataclass(frozen=True)
class Promise:
    """What the documentation of a model promises."""

    word: str
    source: str  # the document, and what it says in a few words


@dataclass(frozen=True)
class Question:
    """A question about behaviour, with every word that can answer it."""

    id: str
    title: str  # the question
    group: str
    probe: str  # what every probe does
    words: Mapping[str, str]  # word -> what it means
    promises: Mapping[str, Promise]  # by model
    not_applicable: Mapping[str, str]  # model -> why the question makes no sense for it
    deadline_s: int = _DEADLINE_S  # after which a probe hangs


def parse(text: str, id_: str, file: str) -> Question:
    """Read the text of one question file. Raises Problem."""
    try:
        root = TomlTable(tomllib.loads(text), file)
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    if not is_workload_id(id_):
        raise Problem(f"{file}: found the name {id_!r}, expected one lowercase word")
    title = root.text("title")
    if not title.endswith("?"):
        raise root.problem("title", title, "a question, with its question mark")
    words = root.texts_of("words")
    for word in words:
        if not _WORD.fullmatch(word) or len(word) > LONGEST_WORD:
            raise root.problem(
                "words", word, f"lowercase words of at most {LONGEST_WORD} characters"
            )
    if len(words) < 2:  # noqa: PLR2004 - a question with one answer is none
        raise root.problem("words", list(words), "at least two words")
    question = Question(
        id=id_,
        title=title,
        group=root.choice("group", GROUPS),
        probe=root.text("probe"),
        words=words,
        promises=_read_promises(root, words),
        not_applicable={**NOT_ASKED, **_read_not_applicable(root)},
        deadline_s=root.integer("deadline_s", _DEADLINE_S, least=1, most=60),
    )
    root.refuse_unknown_keys()
    for model in question.promises:
        if model in question.not_applicable:
            raise root.problem("promises", model, "a model that the question applies to")
    return question


def _read_promises(root: TomlTable, words: Mapping[str, str]) -> dict[str, Promise]:
    promises: dict[str, Promise] = {}
    for row in root.rows("promises"):
        word = row.choice("word", tuple(words))
        source = row.text("source")
        for model in _read_models(row):
            if model in promises:
                raise row.problem("models", model, "each model once")
            promises[model] = Promise(word, source)
        row.refuse_unknown_keys()
    return promises


def _read_not_applicable(root: TomlTable) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for row in root.rows("not_applicable"):
        reason = row.text("reason")
        for model in _read_models(row):
            if model in reasons:
                raise row.problem("models", model, "each model once")
            reasons[model] = reason
        row.refuse_unknown_keys()
    return reasons


def _read_models(row: TomlTable) -> tuple[str, ...]:
    models = row.texts("models")
    for model in models:
        if model not in MODELS:
            raise row.problem("models", model, f"one of {', '.join(MODELS)}")
    return models


def load_folder(folder: Path = QUESTIONS) -> dict[str, Question]:
    """Read every question file, in the order of the groups and then of their names."""
    questions = [
        parse(path.read_text(encoding="utf-8"), path.stem, path.name)
        for path in sorted(folder.glob("*.toml"))
    ]
    questions.sort(key=lambda question: GROUPS.index(question.group))
    return {question.id: question for question in questions}
