"""External runners: ask those that are declared, check what they offer, add what is usable.

A runner or implementation that cannot be used becomes a line in `Runners.problems` and is left out;
everything else continues.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness import units
from harness.catalog import workload_file
from harness.catalog.contestant import LONGEST_NAME, is_model_id, is_variant
from harness.catalog.workload import MODELS
from harness.errors import Problem, unknown_name
from harness.measuring.runners.describing import Question, describe_all
from harness.measuring.runners.manifest import RUNNER_ID, UnusableError, resolve_below
from harness.measuring.runners.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.catalog.workload import Workload
    from harness.measuring.runners import protocol
    from harness.measuring.runners.manifest import DeclaredRunner
    from harness.measuring.runners.runner import Runners

_VARIANT = f"a lowercase word, also with underscores, at most {LONGEST_NAME} characters"
_MAX_TEXT = 100  # characters of a text that a runner provides
_MAX_REASONS = 3
_MAX_INTEGER = 2**63  # larger ones are stored as text: not every JSON reader can hold them


def add_workloads(
    declared: Iterable[DeclaredRunner], own_workloads: Mapping[str, Workload]
) -> dict[str, Workload]:
    """Return our own workloads and those of external runners. Raises Problem.

    Two runners may share a folder, but two workloads must not share a name.
    """
    workloads = dict(own_workloads)
    folder_of: dict[str, Path] = {}
    folders = dict.fromkeys(folder for runner in declared for folder in runner.workloads)
    for folder in folders:
        for id_, workload in workload_file.load_folder(folder, from_outside=True).items():
            if id_ in workloads:
                other = folder_of.get(id_, "Loombench itself")
                raise Problem(
                    f"{folder / id_}.toml: found the workload {id_!r}, which {other} has too;"
                    " expected a unique name"
                )
            workloads[id_] = workload
            folder_of[id_] = folder
    return workloads


def add_runners(
    runners: Runners,
    declared: Iterable[DeclaredRunner],
    known_workloads: Mapping[str, Workload],
    *,
    remembered: bool = False,
) -> None:
    """Describe the declared runners and add their usable implementations to `runners`.

    With `remembered`, runners that have not changed are not asked again.
    """
    for declaration, runner in _create_runners(declared, remembered=remembered):
        if isinstance(runner, Exception):
            problems = [f"the runner {declaration.name} cannot be used: {runner}"]
        else:
            owners = {
                offer.model: name
                for name, other in runners.found.items()
                for offer in other.description.implementations
            }
            usable, problems = _select_usable(runner, owners, known_workloads)
            runners.found[declaration.name] = usable
        runners.problems += [_clean(text, 10 * _MAX_TEXT) for text in problems]
        if problems:
            runners.is_incomplete = True
            runners.left_out.append(declaration.name)


def _create_runners(
    declared: Iterable[DeclaredRunner], *, remembered: bool
) -> Iterator[tuple[DeclaredRunner, Runner | Exception]]:
    """Describe declared runners. Yields each with its runner, or with why it cannot be used."""
    asked: list[tuple[DeclaredRunner, Question | UnusableError]] = []
    for runner in declared:
        try:
            asked.append((runner, _create_question(runner)))
        except UnusableError as error:
            asked.append((runner, error))
    questions = [question for _, question in asked if isinstance(question, Question)]
    answers = iter(describe_all(questions, remembered=remembered))
    for runner, question in asked:
        if isinstance(question, Exception):
            yield runner, question
            continue
        answer = next(answers)
        if isinstance(answer, Exception):
            yield runner, answer
        else:
            yield runner, _create_runner(runner, question.command, answer)


def _create_question(declared: DeclaredRunner) -> Question:
    """Return how to ask a runner. Raises UnusableError if its program cannot be found."""
    home = declared.file.parent
    try:
        program = _find_program(declared)
    except OSError as error:
        raise UnusableError(f"command: cannot be read: {error.strerror}") from None
    command = (program, *declared.command[1:])
    return Question(command, declared.env, home, depends_on=(home, Path(program)))


def _create_runner(
    declared: DeclaredRunner, command: tuple[str, ...], description: protocol.Description
) -> Runner:
    """Return a runner as it described itself. Its texts are cleaned."""
    home = declared.file.parent
    facts = {
        _clean(name): _clean(str(value)) if _is_stored_as_text(value) else value
        for name, value in description.facts.items()
    }
    description = msgspec.structs.replace(
        description,
        language=_clean(description.language),
        version=_clean(description.version),
        facts=facts,
        unavailable=tuple(
            msgspec.structs.replace(model, reason=_clean(model.reason))
            for model in description.unavailable
        ),
    )
    return Runner(declared.name, command, declared.env, description, home, _list_files(declared))


def _is_stored_as_text(value: protocol.Fact) -> bool:
    return isinstance(value, str) or not -_MAX_INTEGER <= value < _MAX_INTEGER


def _find_program(declared: DeclaredRunner) -> str:
    """Return the absolute path of a runner's program, in the file's folder or in PATH."""
    word = declared.command[0]
    path = declared.file.parent / word
    if "/" in word or path.is_file():
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
        found = "a file that is not executable" if path.is_file() else "no such file"
        raise UnusableError(f"command: found {found}: {path}, expected a program")
    program = shutil.which(word, path=declared.env.get("PATH"))
    if program is None:
        raise UnusableError(
            f"command: found no {word!r}, expected a program in PATH or beside {declared.file}"
        )
    return str(Path(program).absolute())


def _list_files(declared: DeclaredRunner) -> tuple[str, ...]:
    """Return the files of a runner besides its sources: loombench.toml, scripts, `files`."""
    home = declared.file.parent
    files = [declared.file.name]
    for word in (*declared.command, *declared.files):
        try:
            path = resolve_below(home, word)
            if path.is_file() and os.access(path, os.R_OK):
                files.append(path.relative_to(home).as_posix())
        except (UnusableError, OSError):
            continue  # an option, or a program outside the folder
    return tuple(dict.fromkeys(files))


def _select_usable(
    runner: Runner, owners: Mapping[str, str], known_workloads: Mapping[str, Workload]
) -> tuple[Runner, list[str]]:
    """Return a runner with its usable implementations only, and a line about the others."""
    usable: dict[tuple[str, str, str], protocol.Implementation] = {}
    reasons: dict[str, None] = {}
    offered = runner.description.implementations
    for implementation in offered:
        key = implementation.workload, implementation.model, implementation.variant
        try:
            _check_implementation(implementation, runner.folder or Path(), owners, known_workloads)
            if key in usable:
                raise UnusableError(f"{' '.join(key).strip()} is offered twice")
        except (UnusableError, Problem, OSError) as reason:
            reasons[str(reason)] = None
        else:
            usable[key] = implementation
    probes = tuple(_select_probes(runner, owners, reasons))
    description = msgspec.structs.replace(
        runner.description, implementations=tuple(usable.values()), probes=probes
    )
    usable_runner = Runner(
        runner.name, runner.command, runner.env, description, runner.folder, runner.files
    )
    if not offered and not runner.description.probes:
        return usable_runner, [f"the runner {runner.name} offers no implementation"]
    if not reasons:
        return usable_runner, []
    shown = list(reasons)[:_MAX_REASONS]
    if len(reasons) > _MAX_REASONS:
        shown.append(f"and {len(reasons) - _MAX_REASONS:,} more")
    all_ = len(offered) + len(runner.description.probes)
    noun = "probe" if not offered else "implementation"
    return usable_runner, [
        f"the runner {runner.name}: {all_ - len(usable) - len(probes):,} of its"
        f" {units.format_count(all_, noun)} cannot be used: {'; '.join(shown)}"
    ]


def _select_probes(
    runner: Runner, owners: Mapping[str, str], reasons: dict[str, None]
) -> Iterator[protocol.OfferedProbe]:
    """Yield the usable probes of a runner; adds to `reasons` why others are not."""
    for probe in runner.description.probes:
        try:
            _check_model(probe.model, owners)
            _check_source_file("source", probe.source, runner.folder or Path())
        except (UnusableError, OSError) as reason:
            reasons[str(reason)] = None
        else:
            yield probe


def _check_implementation(
    implementation: protocol.Implementation,
    home: Path,
    owners: Mapping[str, str],
    known_workloads: Mapping[str, Workload],
) -> None:
    """Raise UnusableError or Problem if an implementation cannot be used."""
    model, variant = implementation.model, implementation.variant
    if implementation.workload not in known_workloads:
        raise unknown_name("workload", _clean(implementation.workload), known_workloads)
    _check_model(model, owners)
    if not is_variant(variant):
        raise UnusableError(f"variant: found {_clean(variant)!r}, expected {_VARIANT}")
    _check_source_file("source", implementation.source, home)
    for file in implementation.files:
        _check_source_file("files", file, home)


def _check_model(model: str, owners: Mapping[str, str]) -> None:
    """Raise UnusableError if a runner may not offer this model.

    A model belongs to one runner, because its name decides on colours and comparisons.
    """
    if not is_model_id(model):
        raise UnusableError(f"model: found {_clean(model)!r}, expected {RUNNER_ID}")
    if model in MODELS:
        raise UnusableError(f"the model {model!r} is one of Loombench's own; choose another name")
    if model in owners:
        raise UnusableError(
            f"the model {model!r} belongs to the runner {owners[model]}; choose another name"
        )


def _check_source_file(field: str, file: str, home: Path) -> None:
    """Raise UnusableError if a file of an implementation is not a readable one in its folder."""
    name = _clean(file)
    try:
        path = resolve_below(home, file)
    except UnusableError as reason:
        raise UnusableError(
            f"{field}: found {name!r}, expected a file in the runner's folder: {reason}"
        ) from None
    if not path.is_file() or not os.access(path, os.R_OK):
        raise UnusableError(f"{field}: found no file {name!r}, expected one in the runner's folder")


def _clean(text: str, max_length: int = _MAX_TEXT) -> str:
    """Return an untrusted text as one line of printable characters of limited length."""
    return units.one_line(text, max_length)
