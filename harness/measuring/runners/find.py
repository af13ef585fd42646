"""Find, build and describe runners. How to build them is all the harness knows of a language."""

from __future__ import annotations

import sys
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import psutil

from harness import units
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.catalog.workload import MODELS
from harness.measuring.processes import child
from harness.measuring.processes.environment import create_environment
from harness.measuring.runners import protocol
from harness.measuring.runners.go_build import build_go, find_go, is_built
from harness.measuring.runners.runner import Runner, Runners, digest_files
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.measuring.runners.go_build import GoBinaries
    from harness.measuring.runners.revision import Revision

_DESCRIBE_TIMEOUT_S = 30
_MAX_DESCRIPTION = 4 * 2**20  # bytes
_GO_MODELS = tuple(model for model in MODELS if model.partition("-")[0] == "go")
# The files that every implementation runs, as patterns.
_PYTHON_SHARED = ("python/runner/**/*.py",)
_GO_SHARED = ("go/runner/*.go", "go/internal/**/*.go", "go/go.*")
_GO_SOURCES = ("go/**/*.go", "go/go.*")  # of all Go programs


def find_runners(passed: Mapping[str, str] = MappingProxyType({})) -> Runners:
    """Build and describe all runners of our own. A runner that fails is reported, not raised.

    `passed` are variables that the user passes to all children.
    """
    runners = Runners()
    _add_python(runners, passed)
    built, reason = build_go()
    if built is None:
        runners.load_missing = f"the load generator is written in Go: {reason}"
    else:
        runners.load_command = (str(built.load),)
    _add_go(runners, built, reason, passed)
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
    if not models or any(model not in _GO_MODELS for model in models):
        _add_python(runners, passed, revision)
    if not models or any(model in _GO_MODELS for model in models):
        ours, theirs = (digest_files(root, _GO_SOURCES) for root in (ROOT, revision.folder))
        # The same sources make the same programs.
        built, reason = build_go(None if ours == theirs else revision.folder)
        _add_go(runners, built, reason, passed, revision)
    return runners


def _add_python(runners: Runners, passed: Mapping[str, str], of: Revision | None = None) -> None:
    root = of.folder if of else ROOT
    command = (sys.executable, "-P", "-m", "runner")
    env = {"PYTHONPATH": str(root / "python"), **passed}
    runner = _Undescribed("python", command, env, _PYTHON_SHARED)
    _add_runner(runners, runner, [model for model in MODELS if model not in _GO_MODELS], of)


def _add_go(
    runners: Runners,
    built: GoBinaries | None,
    reason: str,
    passed: Mapping[str, str],
    of: Revision | None = None,
) -> None:
    if built is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))
        return
    runner = _Undescribed("go", (str(built.runner),), {**passed}, _GO_SHARED, (str(built.lean),))
    _add_runner(runners, runner, _GO_MODELS, of)


class _Undescribed(NamedTuple):
    """What is known of a runner before it has described itself; the fields are those of Runner."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    shared: tuple[str, ...]
    lean: tuple[str, ...] = ()


def _add_runner(
    runners: Runners, runner: _Undescribed, models: Iterable[str], of: Revision | None
) -> None:
    try:
        description = describe(runner.command, runner.env)
        lean_offers = describe(runner.lean, runner.env).implementations if runner.lean else ()
    except (OSError, protocol.ProtocolError) as error:
        reason = units.printable(f"the {runner.name} runner cannot be used: {error}")
        runners.problems.append(reason)
        runners.missing_models.update(dict.fromkeys(models, reason))
        return
    described = Runner(
        **runner._asdict(),
        description=description,
        lean_workloads=frozenset(offered.workload for offered in lean_offers),
        folder=of.folder if of else None,
        runtime=of.label if of else DEFAULT_RUNTIME,
    )
    runners.found[described.key] = described


def describe(
    command: Sequence[str], env: Mapping[str, str], folder: Path | None = None
) -> protocol.Description:
    """Run `RUNNER describe`. Raises OSError or ProtocolError. Leaves no processes behind."""
    output = bytearray()

    def receive_line(line: bytes) -> str:
        output.extend(line + b"\n")
        return "its output is too long" if len(output) > _MAX_DESCRIPTION else ""

    result = child.run(
        [*command, "describe"],
        create_environment(env),
        b"",
        child.Limits(_DESCRIBE_TIMEOUT_S, psutil.virtual_memory().available // 2),
        receive_line,
        folder=folder,
    )
    if result.stopped == "timeout":
        raise protocol.ProtocolError(f"describe timed out after {_DESCRIBE_TIMEOUT_S} s")
    if result.stopped:
        raise protocol.ProtocolError(f"describe was stopped: {result.stopped}")
    if result.returncode != 0:
        raise protocol.ProtocolError(
            f"describe ended with exit code {result.returncode}: {result.stderr_end[-500:]}"
        )
    return protocol.decode_description(bytes(output))


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
