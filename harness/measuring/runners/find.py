"""Find, build and describe runners. How to build them is all the harness knows of a language."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import psutil

from harness import units
from harness.catalog.workload import MODELS
from harness.measuring.processes import child
from harness.measuring.runners import protocol
from harness.measuring.runners.go_build import build_go, find_go
from harness.measuring.runners.runner import Runner, Runners
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_DESCRIBE_TIMEOUT_S = 30
_MAX_DESCRIPTION = 4 * 2**20  # bytes
_GO_MODELS = tuple(model for model in MODELS if model.partition("-")[0] == "go")


def find_runners() -> Runners:
    """Build and describe all runners of our own. A runner that fails is reported, not raised."""
    runners = Runners()
    python = (sys.executable, "-P", "-m", "runner")
    python_models = [model for model in MODELS if model not in _GO_MODELS]
    _add_runner(runners, "python", python, {"PYTHONPATH": str(ROOT / "python")}, python_models)
    built, reason = build_go()
    if built is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))
        runners.load_missing = f"the load generator is written in Go: {reason}"
    else:
        runners.load_command = (str(built.load),)
        _add_runner(runners, "go", (str(built.runner),), {}, _GO_MODELS, (str(built.lean),))
    return runners


def _add_runner(
    runners: Runners,
    name: str,
    command: tuple[str, ...],
    env: dict[str, str],
    models: Iterable[str],
    lean: tuple[str, ...] = (),
) -> None:
    try:
        description = describe(command, env)
        lean_offers = describe(lean, env).implementations if lean else ()
    except (OSError, protocol.ProtocolError) as error:
        reason = units.printable(f"the {name} runner cannot be used: {error}")
        runners.problems.append(reason)
        runners.missing_models.update(dict.fromkeys(models, reason))
        return
    workloads = frozenset(offered.workload for offered in lean_offers)
    runners.found[name] = Runner(
        name, command, env, description, lean=lean, lean_workloads=workloads
    )


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
        {**os.environ, **env},
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

    With `--need-go`, exit with 0 if Go must be installed: there are Go sources, but no Go is new
    enough.
    """
    go_mod = ROOT / "go" / "go.mod"
    if arguments == ["--need-go"]:
        return 0 if go_mod.is_file() and find_go(go_mod)[0] is None else 1
    runners = find_runners()
    for runner in runners.found.values():
        print(f"{runner.name}: {runner.description.version}")
    for model, reason in runners.missing_models.items():
        print(f"{model}: unavailable: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
