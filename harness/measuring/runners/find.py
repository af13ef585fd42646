"""Finds, builds and describes runners. All the harness knows of a language is how to build one."""

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
_LONGEST_DESCRIPTION = 4 * 2**20  # bytes
_GO_MODELS = tuple(one for one in MODELS if one.partition("-")[0] == "go")


def find() -> Runners:
    """Build what needs building and ask every runner what it can do. Never raises for a runner."""
    runners = Runners()
    python = (sys.executable, "-P", "-m", "runner")
    others = [model for model in MODELS if model not in _GO_MODELS]
    _add(runners, "python", python, {"PYTHONPATH": str(ROOT / "python")}, others)
    built, reason = build_go()
    if built is None:
        runners.missing_models.update(dict.fromkeys(_GO_MODELS, reason))
        runners.load_missing = f"the load generator is written in Go: {reason}"
    else:
        runners.load_command = (str(built.load),)
        _add(runners, "go", (str(built.runner),), {}, _GO_MODELS, (str(built.lean),))
    return runners


def _add(
    runners: Runners,
    name: str,
    command: tuple[str, ...],
    env: dict[str, str],
    models: Iterable[str],
    lean: tuple[str, ...] = (),
) -> None:
    try:
        description = describe(command, env)
        smaller = describe(lean, env).implementations if lean else ()
    except (OSError, protocol.ProtocolError) as error:
        reason = units.printable(f"the {name} runner cannot be used: {error}")
        runners.problems.append(reason)
        runners.missing_models.update(dict.fromkeys(models, reason))
        return
    workloads = frozenset(one.workload for one in smaller)
    runners.found[name] = Runner(
        name, command, env, description, lean=lean, lean_workloads=workloads
    )


def describe(
    command: Sequence[str], env: Mapping[str, str], folder: Path | None = None
) -> protocol.Description:
    """Ask a runner what it can do. Raises OSError or ProtocolError. Leaves no process of it."""
    said = bytearray()

    def hear(line: bytes) -> str:
        said.extend(line + b"\n")
        return "it says too much" if len(said) > _LONGEST_DESCRIPTION else ""

    ended = child.run(
        [*command, "describe"],
        {**os.environ, **env},
        b"",
        child.Limits(_DESCRIBE_TIMEOUT_S, psutil.virtual_memory().available // 2),
        hear,
        folder=folder,
    )
    if ended.stopped == "timeout":
        raise protocol.ProtocolError(f"describe timed out after {_DESCRIBE_TIMEOUT_S} s")
    if ended.stopped:
        raise protocol.ProtocolError(f"describe was stopped: {ended.stopped}")
    if ended.returncode != 0:
        raise protocol.ProtocolError(
            f"describe ended with {ended.returncode}: {ended.stderr_end[-500:]}"
        )
    return protocol.decode_description(bytes(said))


def main(arguments: list[str]) -> int:
    """Build the runners and say which there are; `--need-go` asks whether Go has to be installed.

    Exit code 0 with `--need-go`: there are Go sources and no Go that is new enough.
    """
    go_mod = ROOT / "go" / "go.mod"
    if arguments == ["--need-go"]:
        return 0 if go_mod.is_file() and find_go(go_mod)[0] is None else 1
    runners = find()
    for runner in runners.found.values():
        print(f"{runner.name}: {runner.description.version}")
    for model, reason in runners.missing_models.items():
        print(f"{model}: unavailable: {reason}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
