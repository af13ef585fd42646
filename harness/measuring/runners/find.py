"""Find, build and describe runners. How to build them is all the harness knows of a language."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import MODELS
from harness.measuring.machine.essentials import find_lack
from harness.measuring.runners import protocol
from harness.measuring.runners.describing import Question, describe_all
from harness.measuring.runners.go_build import GoBinaries, build_go, find_go, is_built
from harness.measuring.runners.runner import Runner, Runners, digest_files
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.measuring.runners.environments import Environment
    from harness.measuring.runners.revision import Revision

_FIRST_TIME_S = 30.0  # a new environment compiles every module that it loads
_GO_MODELS = tuple(model for model in MODELS if model.partition("-")[0] == "go")
# The files that every implementation runs, as patterns.
_PYTHON_SHARED = ("python/runner/**/*.py",)
_GO_SHARED = ("go/runner/*.go", "go/internal/**/*.go", "go/go.*")
_GO_SOURCES = ("go/**/*.go", "go/go.*")  # of all Go programs


def find_runners(
    passed: Mapping[str, str] = MappingProxyType({}), *, remembered: bool = False
) -> Runners:
    """Build and describe all runners of our own. A runner that fails is reported, not raised.

    `passed` are variables that the user passes to all children. With `remembered`, runners that
    have not changed are not asked again.
    """
    runners = Runners()
    built, reason = build_go()
    if built is None:
        runners.load_missing = f"the load generator is written in Go: {reason}"
    else:
        runners.load_command = (str(built.load),)
    _note_missing_go(runners, built, reason)
    _add_runners(runners, [_python(ROOT, passed), *_go(built, passed)], remembered=remembered)
    return runners


def find_runners_of(
    revision: Revision,
    models: Collection[str] = (),
    passed: Mapping[str, str] = MappingProxyType({}),
) -> Runners:
    """Build and describe the runners of a revision: those that offer any of `models`, or all.

    Its Python runner uses this interpreter and its libraries.
    """
    runners = Runners()
    asked: list[_Undescribed] = []
    if not models or any(model not in _GO_MODELS for model in models):
        asked.append(_python(revision.folder, passed))
    if not models or any(model in _GO_MODELS for model in models):
        ours, theirs = (digest_files(root, _GO_SOURCES) for root in (ROOT, revision.folder))
        # The same sources make the same programs.
        built, reason = build_go(None if ours == theirs else revision.folder)
        _note_missing_go(runners, built, reason)
        asked += _go(built, passed)
    _add_runners(runners, asked, revision)
    return runners


class Added(NamedTuple):
    """A runtime that the user adds, ready to be asked."""

    label: str
    means: Environment | GoBinaries  # of Python, or the programs that a Go has built
    env: Mapping[str, str]  # for its processes


def add_runners(runners: Runners, added: Sequence[Added], *, remembered: bool = False) -> None:
    """Describe our runners in these runtimes, and add them for those that can be used."""
    _add_runners(runners, [_of_runtime(*one) for one in added], remembered=remembered)


def _of_runtime(
    label: str, means: Environment | GoBinaries, env: Mapping[str, str]
) -> _Undescribed:
    if isinstance(means, GoBinaries):
        (asked,) = _go(means, env)
        return asked._replace(models=(), runtime=label)
    question = Question(
        (str(means.python), "-P", "-m", "runner"),
        {"PYTHONPATH": str(ROOT / "python"), **env},
        # The name of its folder is a digest of the interpreter and of its libraries.
        depends_on=(ROOT / "python", means.python),
        installed=str(means.folder),
        deadline_s=_FIRST_TIME_S,
    )
    return _Undescribed(question, "python", (), _PYTHON_SHARED, runtime=label)


class _Undescribed(NamedTuple):
    """What is known of a runner before it has described itself."""

    question: Question
    name: str
    models: tuple[str, ...]  # that only it can offer
    shared: tuple[str, ...]
    lean: tuple[str, ...] = ()
    runtime: str = DEFAULT_RUNTIME
    trace: tuple[str, ...] = ()

    @property
    def questions(self) -> list[Question]:
        """What to ask: the runner and, if it has one, its lean program."""
        lean = [Question(self.lean, self.question.env)] if self.lean else []
        return [self.question, *lean]


def _python(root: Path, passed: Mapping[str, str]) -> _Undescribed:
    question = Question(
        (sys.executable, "-P", "-m", "runner"),
        {"PYTHONPATH": str(root / "python"), **passed},
        depends_on=(root / "python", Path(sys.executable)),
        installed=_list_installed(),
        deadline_s=_FIRST_TIME_S,  # the machine may be busy
    )
    models = tuple(model for model in MODELS if model not in _GO_MODELS)
    trace = (*question.command, "trace")
    return _Undescribed(question, "python", models, _PYTHON_SHARED, trace=trace)


def _list_installed() -> str:
    """Return the names of the libraries that are installed, with their versions."""
    try:
        names = [path.name for path in Path(sysconfig.get_path("purelib")).iterdir()]
    except OSError:
        return ""
    return " ".join(sorted(names))


def _go(built: GoBinaries | None, passed: Mapping[str, str]) -> list[_Undescribed]:
    if built is None:
        return []
    question = Question((str(built.runner),), {**passed}, deadline_s=_FIRST_TIME_S)
    lean, trace = (str(built.lean),), (str(built.trace),)
    return [_Undescribed(question, "go", _GO_MODELS, _GO_SHARED, lean, trace=trace)]


def _note_missing_go(runners: Runners, built: GoBinaries | None, reason: str) -> None:
    if built is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))


def _add_runners(
    runners: Runners,
    asked: Sequence[_Undescribed],
    of: Revision | None = None,
    *,
    remembered: bool = False,
) -> None:
    """Describe these runners, and add those that can be used."""
    questions = [question for one in asked for question in one.questions]
    answers = iter(describe_all(questions, remembered=remembered))
    for one in asked:
        about, *lean = (next(answers) for _ in one.questions)
        error = next((answer for answer in (about, *lean) if isinstance(answer, Exception)), None)
        if isinstance(about, Exception) or error is not None:
            why = ": ".join(filter(None, [str(error), find_lack(str(error))]))
            where = "" if one.runtime == DEFAULT_RUNTIME else f" of the runtime {one.runtime}"
            reason = units.one_line(f"the {one.name} runner{where} cannot be used: {why}")
            runners.problems.append(reason)
            runners.missing_models.update(dict.fromkeys(one.models, reason))
            continue
        described = Runner(
            one.name,
            one.question.command,
            dict(one.question.env),
            about,
            folder=of.folder if of else None,
            shared=one.shared,
            lean=one.lean,
            lean_workloads=frozenset(
                offered.workload
                for description in lean
                if isinstance(description, protocol.Description)
                for offered in description.implementations
            ),
            runtime=of.label if of else one.runtime,
            trace=one.trace,
        )
        runners.found[described.key] = described


def main(arguments: list[str]) -> int:
    """Build the runners and print their versions.

    With `--to-do`, print what set-up has to do instead: `need-go` if there are Go sources but no Go
    is new enough, `build` if the Go programs are not those of the sources, else nothing.
    """
    if arguments == ["--to-do"]:
        print(_find_to_do())
        return 0
    runners = find_runners()
    for runner in runners.found.values():
        print(f"{runner.name}: {runner.description.version}")
    for model, reason in runners.missing_models.items():
        print(f"{model}: unavailable: {reason}")
    return 0


def _find_to_do() -> str:
    go_mod = ROOT / "go" / "go.mod"
    if not go_mod.is_file() or is_built():
        return ""
    return "need-go" if find_go(go_mod)[0] is None else "build"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
