"""Runtimes that the user adds to a run: `--runtime 3.14t=/usr/local/bin/python3.14t`.

Each is a further runner for the same implementations: a Python in an environment of its own, or the
programs that another Go builds. One that cannot
be used is reported, and the run goes on without it.
"""

from __future__ import annotations

import hashlib
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from harness import units
from harness.catalog.contestant import is_runtime
from harness.errors import Problem
from harness.measuring.runners import environments, interpreters
from harness.measuring.runners.find import Added, add_runners
from harness.measuring.runners.go_build import build_go_with
from harness.paths import cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.measuring.runners.go_build import GoBinaries
    from harness.measuring.runners.runner import Runners

_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(\S*)\s+(?=\S)")
_GO = re.compile(r"go[0-9.]*(rc[0-9]+)?(\.exe)?")  # how the command is called
_MOST_AT_ONCE = 4


class RuntimeChoice(NamedTuple):
    """A runtime as the user wrote it."""

    label: str
    text: str  # after the label
    path: Path
    env: Mapping[str, str]  # variables that only its processes get


def parse_choices(
    texts: Iterable[str], of_files: Mapping[str, tuple[str, Path]] | None = None
) -> list[RuntimeChoice]:
    """Parse options `LABEL=[NAME=VALUE ...] PATH`, and the same of files. Raises Problem.

    `of_files` is label -> (text, the folder that its path is relative to).
    """
    found: dict[str, RuntimeChoice] = {}
    options = [(*_split(text), Path.cwd()) for text in texts]
    for label, text, home in [*((label, *of) for label, of in (of_files or {}).items()), *options]:
        if label in found:
            raise Problem(f"--runtime {label}: found it twice, expected each label once")
        found[label] = parse_choice(label, text, home)
    return list(found.values())


def _split(text: str) -> tuple[str, str]:
    label, is_given, rest = text.partition("=")
    if not is_given:
        raise Problem(
            f"--runtime: found {text!r}, expected LABEL=PATH, such as 3.14=/usr/bin/python3.14;"
            " `loombench runtimes` lists what is installed"
        )
    return label, rest


def parse_choice(label: str, text: str, home: Path) -> RuntimeChoice:
    """Parse what follows a label; a path is relative to `home`. Raises Problem."""
    if not is_runtime(label):
        raise Problem(
            f"--runtime: found the label {label!r}, expected at most 16 letters, digits and . _ +"
            " -, and not `default`, which is the Python of Loombench itself"
        )
    env, rest = {}, text.strip()
    while match := _VARIABLE.match(rest):
        env[match[1]] = match[2]
        rest = rest[match.end() :]
    if not rest or "\0" in rest:
        raise Problem(f"--runtime {label}: found no path, expected {label}=PATH")
    return RuntimeChoice(label, text, home / Path(rest).expanduser(), env)


def add_runtimes(
    runners: Runners,
    choices: Sequence[RuntimeChoice],
    passed: Mapping[str, str],
    tell: Callable[[str], None],
    *,
    remembered: bool = False,
) -> None:
    """Prepare runtimes, and add the runners of those that can be used."""
    stop = threading.Event()

    def prepare(choice: RuntimeChoice) -> Added | str:
        env = {**passed, **choice.env}
        prepare_one = _prepare_go if _GO.fullmatch(choice.path.name) else _prepare_python
        means = prepare_one(choice, tell, stop.is_set)
        return means if isinstance(means, str) else Added(choice.label, means, env)

    with ThreadPoolExecutor(_MOST_AT_ONCE) as pool:
        try:
            answers = list(pool.map(prepare, choices))
        finally:
            stop.set()  # after Ctrl-C, nobody waits for the others
    for choice, answer in zip(choices, answers, strict=True):
        if isinstance(answer, str):
            problem = f"the runtime {choice.label} cannot be used: {choice.path}: {answer}"
            runners.problems.append(units.one_line(problem))
            runners.is_incomplete = True
    usable = [answer for answer in answers if isinstance(answer, Added)]
    add_runners(runners, usable, remembered=remembered)
    for added in usable:
        _explain(runners, added)
        _warn_of_no_jit(runners, added)


def _prepare_python(
    choice: RuntimeChoice, tell: Callable[[str], None], interrupted: Callable[[], bool]
) -> environments.Environment | str:
    """Return the environment of an interpreter, or why it cannot be used."""
    about = interpreters.ask(choice.path, choice.env, interrupted)
    if about.reason:
        return about.reason
    try:
        told = partial(_tell_of, choice.label, tell)
        return environments.prepare(about, choice.env, told, interrupted)
    except environments.EnvironmentProblem as problem:
        return str(problem)


def _tell_of(label: str, tell: Callable[[str], None], text: str) -> None:
    tell(f"{label}: {text}")


def _prepare_go(choice: RuntimeChoice, *_: object) -> GoBinaries | str:
    """Return the Go programs that another Go has built, or why it cannot build them."""
    if reason := interpreters.find_obstacle(choice.path, "the command go"):
        return reason
    key = hashlib.sha256(str(choice.path.resolve()).encode()).hexdigest()[:20]
    built, reason = build_go_with(choice.path, cache_folder() / "runtimes" / f"go-{key}")
    return built or reason


def _explain(runners: Runners, added: Added) -> None:
    """Say of each model that a runtime lacks why its libraries are not there."""
    is_python = isinstance(added.means, environments.Environment)
    key = f"{'python' if is_python else 'go'} @ {added.label}"
    runner = runners.found.get(key)
    if runner is None:
        runners.is_incomplete = True
    elif isinstance(added.means, environments.Environment):
        explain = added.means.explain
        unavailable = tuple(
            msgspec.structs.replace(one, reason=explain(one.reason))
            for one in runner.description.unavailable
        )
        description = msgspec.structs.replace(runner.description, unavailable=unavailable)
        runners.found[key] = replace(runner, description=description)


def _warn_of_no_jit(runners: Runners, added: Added) -> None:
    """Say that a runtime whose JIT was asked for has none: it is the same as one without."""
    runner = runners.found.get(f"python @ {added.label}")
    is_asked = added.env.get("PYTHON_JIT", "0") != "0"
    if runner and is_asked and runner.description.facts.get("jit") == "none":
        runners.problems.append(
            f"the runtime {added.label}: PYTHON_JIT has no effect, because this interpreter was"
            " built without a JIT"
        )
