"""Ask runners what they offer: all at once, with a deadline.

A command that only lists or checks may use an earlier answer while nothing that it depends on has
changed. A run always asks: what it stores has to be true now.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import Problem
from harness.files import write_file
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.runners import protocol
from harness.measuring.runners.runner import digest_file
from harness.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

DEADLINE_S = 5
_LONGEST = 4 * 2**20  # bytes of a description
_LARGE = 2**16  # bytes; a larger file is known by its size and time, not by its content
_MOST_FILES = 2_000  # that are worth looking at to save a question
_MOST_KEPT = 50  # answers

Answer = protocol.Description | OSError | protocol.ProtocolError


@dataclass(frozen=True)
class Question:
    """A runner to ask, and what its answer depends on."""

    command: tuple[str, ...]
    env: Mapping[str, str]
    folder: Path | None = None
    depends_on: tuple[Path, ...] = ()  # files and folders; none: its answer is not kept
    installed: str = ""  # what else its answer depends on; empty: unknown
    deadline_s: float | None = None  # None: DEADLINE_S


def describe_all(questions: Sequence[Question], *, remembered: bool = False) -> list[Answer]:
    """Run `RUNNER describe` of all at once; return the answers, or errors, in the same order.

    With `remembered`, answers to earlier commands count too. Leaves no processes behind.
    """
    stop = threading.Event()

    def ask(question: Question) -> Answer:
        try:
            if remembered:
                return _recall_or_ask(question, stop.is_set)
            return protocol.decode_description(_ask(question, stop.is_set))
        except (OSError, protocol.ProtocolError) as error:
            return error

    with ThreadPoolExecutor(max(1, len(questions))) as pool:
        try:
            return list(pool.map(ask, questions))
        finally:
            stop.set()  # after Ctrl-C, nobody waits for the others


def describe(command: Sequence[str]) -> protocol.Description:
    """Run `RUNNER describe` of one runner. Raises OSError or ProtocolError."""
    question = Question(tuple(command), {})
    return protocol.decode_description(_ask(question, lambda: False))


def _ask(question: Question, interrupted: Callable[[], bool]) -> bytes:
    """Return what `describe` prints. Raises OSError or ProtocolError."""
    deadline_s = question.deadline_s or DEADLINE_S
    result, output = child.collect(
        [*question.command, "describe"],
        create_environment(question.env),
        deadline_s,
        _LONGEST,
        interrupted,
        question.folder,
    )
    if result.stopped == "timeout":
        raise protocol.ProtocolError(f"describe timed out after {deadline_s:g} s")
    if result.stopped:
        raise protocol.ProtocolError(f"describe was stopped: {result.stopped}")
    if result.returncode != 0:
        raise protocol.ProtocolError(_explain_end(result.returncode, result.stderr_end))
    return output


def _explain_end(code: int, stderr_end: str) -> str:
    how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
    said = stderr_end[-500:].strip()
    return f"describe ended {how}{f': {said}' if said else ''}"


def _recall_or_ask(question: Question, interrupted: Callable[[], bool]) -> protocol.Description:
    """Return the answer to an earlier command or else ask, and keep a complete answer."""
    key = _digest(question)
    path = cache_folder() / f"{key}.json"
    if key:
        with contextlib.suppress(OSError, protocol.ProtocolError):
            return protocol.decode_description(path.read_bytes())
    text = _ask(question, interrupted)
    description = protocol.decode_description(text)
    # What is missing may be installed at any time.
    if key and (question.installed or not description.unavailable):
        with contextlib.suppress(OSError, Problem):  # an answer need not be kept
            path.parent.mkdir(parents=True, exist_ok=True)
            write_file(path, text.decode("utf-8"))
            _drop_oldest(path.parent)
    return description


def _drop_oldest(folder: Path) -> None:
    paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in paths[:-_MOST_KEPT]:
        path.unlink(missing_ok=True)


def _digest(question: Question) -> str:
    """Return the digest of all that an answer depends on; empty if that is unknown or too much."""
    environment = sorted(create_environment(question.env).items())
    known = [protocol.PROTOCOL, question.command, environment, question.folder, question.installed]
    files = _list_files(question.depends_on)
    try:
        for count, path in enumerate(files):
            if count == _MOST_FILES or not path.is_file():
                return ""
            about = path.stat()
            is_large = about.st_size > _LARGE
            known += [path, (about.st_size, about.st_mtime_ns) if is_large else digest_file(path)]
    except OSError:
        return ""
    return hashlib.sha256(repr(known).encode()).hexdigest() if question.depends_on else ""


def _list_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield these files, and what is in these folders, without what Python compiles."""
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            inside = (entry for entry in sorted(path.iterdir()) if entry.name != "__pycache__")
            yield from _list_files(tuple(inside))
        else:
            yield path
