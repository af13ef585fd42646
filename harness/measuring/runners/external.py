"""Runners from outside this repository: what a loombench.toml names, and what of it can be used.

Nothing is read, and no runner started, that the user did not name. A mistake in a file is a
Problem. What is wrong with a runner, or with one of its implementations, is a line in
`Runners.problems`: that much is left out, and everything else goes on.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import msgspec

from harness import units
from harness.catalog import workload_file
from harness.catalog.contestant import LONGEST_NAME, is_model_id, is_variant
from harness.catalog.toml_table import TomlTable
from harness.catalog.workload import MODELS
from harness.errors import Problem, unknown_name
from harness.measuring.runners import protocol
from harness.measuring.runners.find import describe
from harness.measuring.runners.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.catalog.workload import Workload
    from harness.measuring.runners.runner import Runners

FILE = "loombench.toml"
_OURS = ("python", "go")
_ID = f"lowercase words joined by hyphens, at most {LONGEST_NAME} characters"
_VARIANT = f"a lowercase word, also with underscores, at most {LONGEST_NAME} characters"
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_TEXT = 100  # characters, of what a runner says of itself
_REASONS_SHOWN = 3
_LARGEST = 2**63  # more is kept as text: not every reader of run.json can hold it


@dataclass(frozen=True)
class Declared:
    """A runner as its file has it."""

    name: str
    file: Path
    command: tuple[str, ...]
    env: dict[str, str]
    workloads: tuple[Path, ...]  # folders
    files: tuple[str, ...] = ()  # that it is made of, beside those that `command` names


class _UnusableError(Exception):
    """Why something of a runner cannot be used."""


def locate(named: Path) -> Path:
    """Return the loombench.toml that the user named, or whose folder. Raises Problem."""
    file = named / FILE if named.is_dir() else named
    if not file.is_file():
        raise Problem(f"--runner {named}: found no {FILE}, expected one, or a folder that holds it")
    return file.resolve()


def read(named: Iterable[Path]) -> list[Declared]:
    """Read the files that the user named. Starts nothing. Raises Problem."""
    found: dict[str, Declared] = {}
    for file in dict.fromkeys(map(locate, named)):
        for one in _read(file):
            if one.name in _OURS:
                raise Problem(f"{file}: runners.{one.name}: found a name of ours, expected another")
            if one.name in found:
                other = found[one.name].file
                raise Problem(f"{file}: runners.{one.name}: found it in {other} too, expected one")
            found[one.name] = one
    return list(found.values())


def _read(file: Path) -> list[Declared]:
    try:
        root = TomlTable(tomllib.loads(file.read_text(encoding="utf-8")), str(file))
    except OSError as error:
        raise Problem(f"{file}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Problem(f"{file}: not valid TOML: {error}") from None
    declared = [_runner(name, table, file) for name, table in root.tables("runners")]
    root.done()
    if not declared:
        raise Problem(f"{file}: runners: found none, expected a table [runners.NAME]")
    return declared


def _runner(name: str, table: TomlTable, file: Path) -> Declared:
    if not is_model_id(name):
        raise table.problem("", name, f"the name of a runner: {_ID}")
    command = table.texts("command")
    if not command or not all(map(_is_word, command)):
        raise table.problem("command", command, "the words of a command, none of them empty")
    env = table.table("env", {})
    for key in env.values:
        if not _ENV_NAME.fullmatch(key) or "\0" in env.text(key, ""):
            raise env.problem(key, env.values[key], "the name of a variable and its text")
    folders = table.texts("workloads", ())
    declared = Declared(
        name=name,
        file=file,
        command=command,
        env={key: env.text(key, "") for key in env.values},
        workloads=tuple(_folder(table, text, file.parent) for text in folders),
        files=tuple(_file(table, text, file.parent) for text in table.texts("files", ())),
    )
    table.done()
    return declared


def _is_word(word: str) -> bool:
    return bool(word) and "\0" not in word


def _folder(table: TomlTable, text: str, home: Path) -> Path:
    try:
        folder = _below(home, text)
    except _UnusableError as reason:
        raise table.problem(
            "workloads", text, f"a folder below that of the file: {reason}"
        ) from None
    if not folder.is_dir():
        raise table.problem("workloads", text, "a folder of workload files: it does not exist")
    return folder


def _file(table: TomlTable, text: str, home: Path) -> str:
    try:
        path = _below(home, text)
    except _UnusableError as reason:
        raise table.problem("files", text, f"a file below that folder: {reason}") from None
    if not path.is_file() or not os.access(path, os.R_OK):
        raise table.problem("files", text, "a file that can be read: it is none")
    return text


def _below(home: Path, text: str) -> Path:
    """Return the real path of what is named relative to a folder, and lies in it.

    Raises _UnusableError for an absolute path, for `..`, and for links that lead elsewhere.
    """
    if not _is_word(text) or PurePath(text).is_absolute() or ".." in PurePath(text).parts:
        raise _UnusableError("only a relative path without `..` is one")
    try:
        real = (home / text).resolve()
        real.exists()  # tells of a name that is too long
    except OSError as error:
        raise _UnusableError(error.strerror or "it cannot be looked at") from None
    except RuntimeError:  # before Python 3.13
        raise _UnusableError("links go in a circle") from None
    if not real.is_relative_to(home):
        raise _UnusableError("a link leads out of it")
    return real


def workloads(declared: Iterable[Declared], ours: Mapping[str, Workload]) -> dict[str, Workload]:
    """Return our workloads and those of the runners' own folders. Raises Problem.

    Two runners may share a folder, but no two workloads a name.
    """
    found = dict(ours)
    homes: dict[str, Path] = {}
    folders = dict.fromkeys(folder for one in declared for folder in one.workloads)
    for folder in folders:
        for id_, workload in workload_file.load_folder(folder, from_outside=True).items():
            if id_ in found:
                other = homes.get(id_, "Loombench itself")
                raise Problem(
                    f"{folder / id_}.toml: found the workload {id_!r}, which {other} has too;"
                    " expected a name of its own"
                )
            found[id_] = workload
            homes[id_] = folder
    return found


def join(
    runners: Runners, declared: Iterable[Declared], known_workloads: Mapping[str, Workload]
) -> None:
    """Ask each runner what it can do, and add what can be used of it to `runners`."""
    for one in declared:
        try:
            runner = _ask(one)
        except (_UnusableError, OSError, protocol.ProtocolError) as error:
            problems = [f"the runner {one.name} cannot be used: {error}"]
        else:
            owners = {
                offer.model: name
                for name, other in runners.found.items()
                for offer in other.description.implementations
            }
            runner, problems = _usable(runner, owners, known_workloads)
            runners.found[one.name] = runner
        runners.problems += [_clean(text, 10 * _LONGEST_TEXT) for text in problems]
        runners.is_incomplete |= bool(problems)


def _ask(one: Declared) -> Runner:
    home = one.file.parent
    command = (_program(one), *one.command[1:])
    description = describe(command, one.env, home)
    facts = {
        _clean(name): _clean(str(value)) if _is_text(value) else value
        for name, value in description.facts.items()
    }
    description = msgspec.structs.replace(
        description,
        language=_clean(description.language),
        version=_clean(description.version),
        facts=facts,
        unavailable=tuple(
            msgspec.structs.replace(each, reason=_clean(each.reason))
            for each in description.unavailable
        ),
    )
    return Runner(one.name, command, one.env, description, home, _files(one))


def _is_text(value: protocol.Fact) -> bool:
    return isinstance(value, str) or not -_LARGEST <= value < _LARGEST


def _program(one: Declared) -> str:
    """Return the whole path of a runner's program: from the file's folder, or from PATH."""
    word = one.command[0]
    path = one.file.parent / word
    if "/" in word or path.is_file():
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
        what = "a file that may not be executed" if path.is_file() else "no such file"
        raise _UnusableError(f"command: found {what}: {path}, expected a program")
    found = shutil.which(word, path=one.env.get("PATH"))
    if found is None:
        raise _UnusableError(
            f"command: found no {word!r}, expected a program in PATH or beside {one.file}"
        )
    return str(Path(found).absolute())


def _files(one: Declared) -> tuple[str, ...]:
    """Return what decides over a runner beside its sources: its file, and scripts it is made of."""
    home = one.file.parent
    files = [one.file.name]
    for word in (*one.command, *one.files):
        try:
            path = _below(home, word)
            if path.is_file() and os.access(path, os.R_OK):
                files.append(path.relative_to(home).as_posix())
        except (_UnusableError, OSError):
            continue  # an option, or a program from elsewhere
    return tuple(dict.fromkeys(files))


def _usable(
    runner: Runner, owners: Mapping[str, str], known_workloads: Mapping[str, Workload]
) -> tuple[Runner, list[str]]:
    """Return a runner with the implementations that can be used, and a line on the others."""
    usable: dict[tuple[str, str, str], protocol.Implementation] = {}
    reasons: dict[str, None] = {}
    offered = runner.description.implementations
    for one in offered:
        try:
            _check(one, runner.folder or Path(), owners, known_workloads)
            if (one.workload, one.model, one.variant) in usable:
                raise _UnusableError(f"{one.workload} {one.model} {one.variant}".strip() + " twice")
        except (_UnusableError, Problem, OSError) as reason:
            reasons[str(reason)] = None
        else:
            usable[one.workload, one.model, one.variant] = one
    description = msgspec.structs.replace(
        runner.description, implementations=tuple(usable.values())
    )
    usable_runner = Runner(
        runner.name, runner.command, runner.env, description, runner.folder, runner.files
    )
    if not offered:
        return usable_runner, [f"the runner {runner.name} offers no implementation"]
    if not reasons:
        return usable_runner, []
    shown = list(reasons)[:_REASONS_SHOWN]
    if len(reasons) > _REASONS_SHOWN:
        shown.append(f"and {len(reasons) - _REASONS_SHOWN:,} more")
    return usable_runner, [
        f"the runner {runner.name}: {len(offered) - len(usable):,} of its"
        f" {units.format_count(len(offered), 'implementation')} cannot be used: {'; '.join(shown)}"
    ]


def _check(
    one: protocol.Implementation,
    home: Path,
    owners: Mapping[str, str],
    known_workloads: Mapping[str, Workload],
) -> None:
    """Raise _UnusableError or Problem where an implementation cannot be used."""
    if one.workload not in known_workloads:
        raise unknown_name("workload", _clean(one.workload), known_workloads)
    if not is_model_id(one.model):
        raise _UnusableError(f"model: found {_clean(one.model)!r}, expected {_ID}")
    if not is_variant(one.variant):
        raise _UnusableError(f"variant: found {_clean(one.variant)!r}, expected {_VARIANT}")
    # A name means one runtime: it decides over the colour in a figure and over what is compared.
    if one.model in MODELS:
        raise _UnusableError(
            f"the model {one.model!r} is one of Loombench's own; name it otherwise"
        )
    if one.model in owners:
        raise _UnusableError(
            f"the model {one.model!r} is that of the runner {owners[one.model]}; name it otherwise"
        )
    shown = _clean(one.source)
    try:
        source = _below(home, one.source)
    except _UnusableError as reason:
        raise _UnusableError(
            f"source: found {shown!r}, expected a file in the runner's folder: {reason}"
        ) from None
    if not source.is_file() or not os.access(source, os.R_OK):
        raise _UnusableError(
            f"source: found no file {shown!r}, expected one in the runner's folder"
        )


def _clean(text: str, most: int = _LONGEST_TEXT) -> str:
    """Return a text of unknown origin as one line of printable characters that is not too long."""
    line = " ".join(units.printable(text).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
