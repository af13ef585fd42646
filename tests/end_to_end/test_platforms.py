"""Measuring on macOS, as far as a system without anything that only Linux has can show it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from harness.errors import Exit
from harness.paths import ROOT
from harness.results import store
from tests.support.command import command, own_cache

MACOS = ROOT / "tests" / "support" / "macos"  # its sitecustomize.py takes away what is not there


def on_macos(*arguments: object) -> str:
    """Run a command on it, with all that it starts; returns what it printed."""
    done = subprocess.run(
        command(*arguments),
        cwd=ROOT,
        env={**os.environ, **own_cache(), "PYTHONPATH": str(MACOS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def runners() -> tuple[str, str]:
    """Have the Python runner on it too."""
    return "--env", f"PYTHONPATH={MACOS}{os.pathsep}{ROOT / 'python'}"


def test_models_of_every_kind_conform_there(runners: tuple[str, str]) -> None:
    said = on_macos("validate", "noop", "echo", "--model", "processes,go", *runners)
    assert "0 do not" in said


def test_a_run_is_measured_drawn_and_resumed_there(
    tmp_path: Path, runners: tuple[str, str]
) -> None:
    options = ("--budget", "100ms", "--beside", "--out", tmp_path, *runners)
    selection = ("--workload", "noop", "--model", "asyncio,go", "--case", "headline")
    on_macos("run", *selection, "--no-figures", *options)
    on_macos("run", "--resume", *options)
    folder = store.find_run(tmp_path)
    trials = list(store.read_trials(folder, []))
    assert {trial.status.value for trial in trials} == {"ok"}
    assert len({trial.block for trial in trials}) > 1
    assert (folder / "figures" / "noop.svg").is_file()


def test_what_is_not_known_there_is_said() -> None:
    found = msgspec.json.decode(on_macos("doctor", "--json"))
    unknown = {one["name"] for one in found if one["value"] == "unknown"}
    assert {"cores allowed", "cgroup quota", "throttled so far", "clock source"} <= unknown


def test_set_up_on_windows_points_to_wsl(tmp_path: Path) -> None:
    uname = tmp_path / "uname"
    uname.write_text("#!/bin/sh\necho MINGW64_NT-10.0\n")
    uname.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [ROOT / ".ci" / "setup"], env={"PATH": path}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (Exit.NOT_POSSIBLE, 1)
    assert "inside WSL" in done.stderr
