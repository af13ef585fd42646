"""The file loombench.toml: reads which runners and runtimes it declares. Starts no runner.

Only files named by the user are read. A mistake in a file raises Problem.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from harness.catalog.contestant import LONGEST_NAME, is_model_id
from harness.catalog.toml_table import TomlTable
from harness.errors import Problem
from harness.files import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "loombench.toml"
RUNNER_ID = f"lowercase words joined by hyphens, at most {LONGEST_NAME} characters"
_OWN_RUNNERS = ("python", "go")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class DeclaredRunner:
    """A runner as declared in its file."""

    name: str
    file: Path
    command: tuple[str, ...]
    env: dict[str, str]
    workloads: tuple[Path, ...]  # folders
    files: tuple[str, ...] = ()  # that the runner consists of, besides those in `command`


class UnusableError(Exception):
    """A runner or an implementation cannot be used; the message is the reason."""


def locate_file(path: Path) -> Path:
    """Return the loombench.toml at a path, which may be its folder. Raises Problem."""
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise Problem(f"--runner {path}: found no {FILE}, expected one, or a folder that has one")
    return file.resolve()


def read_files(paths: Iterable[Path]) -> list[DeclaredRunner]:
    """Read loombench.toml files. Starts no runner. Raises Problem."""
    runners: dict[str, DeclaredRunner] = {}
    for file in dict.fromkeys(map(locate_file, paths)):
        for runner in _read_file(file):
            key = f"{file}: runners.{runner.name}"
            if runner.name in _OWN_RUNNERS:
                raise Problem(f"{key}: found the name of a built-in runner, expected another name")
            if runner.name in runners:
                other = runners[runner.name].file
                raise Problem(f"{key}: found it in {other} too, expected one")
            runners[runner.name] = runner
    return list(runners.values())


def read_runtimes(paths: Iterable[Path]) -> dict[str, tuple[str, Path]]:
    """Return the tables [runtimes] of loombench.toml files: label -> (text, folder of the file).

    Raises Problem.
    """
    found: dict[str, tuple[str, Path]] = {}
    for file in dict.fromkeys(map(locate_file, paths)):
        for label, text in _open_file(file).texts_of("runtimes").items():
            if label in found:
                raise Problem(f"{file}: runtimes.{label}: found it twice, expected it once")
            found[label] = text, file.parent
    return found


def _open_file(file: Path) -> TomlTable:
    try:
        return TomlTable(tomllib.loads(read_text(file)), str(file))
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None


def _read_file(file: Path) -> list[DeclaredRunner]:
    root = _open_file(file)
    declared = [_parse_runner(name, table, file) for name, table in root.tables("runners")]
    runtimes = root.texts_of("runtimes")  # read_runtimes reads them
    root.refuse_unknown_keys()
    if not declared and not runtimes:
        raise Problem(f"{file}: runners: found none, expected a table [runners.NAME]")
    return declared


def _parse_runner(name: str, table: TomlTable, file: Path) -> DeclaredRunner:
    if not is_model_id(name):
        raise table.problem("", name, f"the name of a runner: {RUNNER_ID}")
    command = table.texts("command")
    if not command or not all(map(_is_word, command)):
        raise table.problem("command", command, "the words of a command, none of them empty")
    env = table.table("env", {})
    for key in env.values:
        if not _ENV_NAME.fullmatch(key) or "\0" in env.text(key, ""):
            raise env.problem(key, env.values[key], "the name of a variable and its text")
    folders = table.texts("workloads", ())
    declared = DeclaredRunner(
        name=name,
        file=file,
        command=command,
        env={key: env.text(key, "") for key in env.values},
        workloads=tuple(_check_folder(table, text, file.parent) for text in folders),
        files=tuple(_check_file(table, text, file.parent) for text in table.texts("files", ())),
    )
    table.refuse_unknown_keys()
    return declared


def _is_word(word: str) -> bool:
    return bool(word) and "\0" not in word


def _check_folder(table: TomlTable, text: str, home: Path) -> Path:
    try:
        folder = resolve_below(home, text)
    except UnusableError as reason:
        raise table.problem(
            "workloads", text, f"a folder below the folder of this file: {reason}"
        ) from None
    if not folder.is_dir():
        raise table.problem("workloads", text, "a folder of workload files: it does not exist")
    return folder


def _check_file(table: TomlTable, text: str, home: Path) -> str:
    try:
        path = resolve_below(home, text)
    except UnusableError as reason:
        raise table.problem(
            "files", text, f"a file below the folder of this file: {reason}"
        ) from None
    if not path.is_file() or not os.access(path, os.R_OK):
        raise table.problem("files", text, "a readable file")
    return text


def resolve_below(home: Path, text: str) -> Path:
    """Resolve a path relative to a folder.

    Raises UnusableError for absolute paths, for `..` and for links that lead out of the folder.
    """
    if not _is_word(text) or PurePath(text).is_absolute() or ".." in PurePath(text).parts:
        raise UnusableError("only relative paths without `..` are allowed")
    try:
        real = (home / text).resolve()
        real.exists()  # raises if the name is too long
    except OSError as error:
        raise UnusableError(error.strerror or "it cannot be read") from None
    except RuntimeError:  # before Python 3.13
        raise UnusableError("links form a loop") from None
    if not real.is_relative_to(home):
        raise UnusableError("a link leads out of the folder")
    return real
