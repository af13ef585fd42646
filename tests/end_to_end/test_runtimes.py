"""Runtimes in real environments, and what a command does without one."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from harness.measuring.inventory import Inventory
from harness.measuring.plan import RunSelection, assign_validation
from harness.measuring.runners import environments, interpreters
from harness.measuring.validate import validate_cell
from harness.results.records import Status
from tests.support.command import Invoke


def test_a_command_goes_on_without_an_unusable_runtime(invoke: Invoke, tmp_path: Path) -> None:
    code, out, err = invoke("list", "--workload", "noop", "--runtime", f"x={tmp_path}/none")
    assert code == 3
    assert "asyncio" in out
    assert err.count("\n") == 1
    assert "warning: the runtime x cannot be used" in err


def wheel(folder: Path, name: str, needs: str = "", tag: str = "py3-none-any") -> str:
    """Write a wheel with an empty package; returns its locked requirement."""
    path = folder / f"{name}-1.0-{tag}.whl"
    info = f"{name}-1.0.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{name}/__init__.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{file},,\n" for file in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, text)
    return f"{name}==1.0 \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def no_program(*_: object) -> None:
    return None


def listing(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


@pytest.mark.parametrize("program", ["uv", "pip"])
def test_an_environment_has_what_has_a_wheel_and_says_what_is_missing(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    requirements = tmp_path / "requirements.txt"
    requirements.write_text(
        wheel(wheels, "uvloop")
        + wheel(wheels, "anyio", needs="trio")
        + wheel(wheels, "trio", tag="cp27-none-any")
    )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "wrong"))  # a setting that would break it
    monkeypatch.setattr(environments, "REQUIREMENTS", requirements)
    other = {"uv": "find_pip", "pip": "find_uv"}[program]
    monkeypatch.setattr(environments, other, {"uv": pytest.fail, "pip": no_program}[program])
    own = Path(interpreters.ask(Path(sys.executable), {}).executable).parent.parent
    before = listing(own / "lib" / f"python3.{sys.version_info.minor}" / "site-packages")

    told: list[str] = []
    both = [f"twin={sys.executable}", f"other=PYTHON_JIT=1 {sys.executable}"]
    inventory = Inventory.open((), {}, both, tell=told.append)
    again = Inventory.open((), {}, [f"twin={sys.executable}"], tell=told.append, remembered=True)
    assert len(told) == 1, "it is made once"
    assert ": making an environment for" in told[0]
    assert inventory.runners.found.keys() >= {"python @ twin", "python @ other"}
    has_jit = inventory.runners.found["python @ other"].description.facts["jit"] != "none"
    said = [text for text in inventory.runners.problems if "PYTHON_JIT has no effect" in text]
    assert [text.partition(":")[0] for text in said] == ([] if has_jit else ["the runtime other"])
    after = listing(own / "lib" / f"python3.{sys.version_info.minor}" / "site-packages")
    assert (before, (tmp_path / "wrong").exists()) == (after, False)

    runner = again.runners.found["python @ twin"]
    assert runner.description.facts["uvloop"] == "1.0"
    reasons = {one.model: one.reason for one in runner.description.unavailable}
    assert reasons.keys() >= {"trio", "anyio-asyncio", "anyio-trio", "gevent"}
    assert "trio 1.0 has no wheel for" in reasons["trio"]
    assert "trio 1.0 has no wheel for" in reasons["anyio-asyncio"]

    twins = frozenset(
        offer.contestant
        for offer in inventory.runners.offers()
        if offer.contestant.runtime == "twin" and offer.contestant.workload == "noop"
    )
    present, absent = replace(inventory, only=twins).plan_cells(
        RunSelection(("noop",), ("asyncio", "trio")), None
    )
    assert [cell.name for cell in present] == ["asyncio @ twin"]
    assert [one.cell.name for one in absent] == ["trio @ twin"]
    trials = inventory.trial_runner(0, lambda: False)
    trial = validate_cell(trials, assign_validation(present[0], inventory.workloads), 0)
    assert trial is not None
    assert (trial.status, trial.facts["gil_after"]) == (Status.OK, True)
