"""Runtimes that a user adds: how they are written, and what an environment of one has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog.contestant import Contestant
from harness.errors import Problem
from harness.measuring.inventory import Inventory
from harness.measuring.plan import PROFILES, RunSelection, describe_narrowing
from harness.measuring.runners import environments, installing, protocol
from harness.measuring.runners.manifest import read_runtimes
from harness.measuring.runners.runner import Runner, Runners
from harness.measuring.runners.runtimes import add_runtimes, parse_choices
from harness.results.records import Cell
from tests.support import factories


def test_a_runtime_has_a_label_a_path_and_variables(tmp_path: Path) -> None:
    plain, jit = parse_choices(["3.14t=/opt/a b/python", "jit=PYTHON_JIT=1 PYTHON_GIL=0 ~/python"])
    assert (plain.label, plain.path, dict(plain.env)) == ("3.14t", Path("/opt/a b/python"), {})
    assert jit.path == Path("~/python").expanduser()
    assert jit.env == {"PYTHON_JIT": "1", "PYTHON_GIL": "0"}
    (tmp_path / "loombench.toml").write_text('[runtimes]\n"3.13" = "bin/python"\n', "utf-8")
    (found,) = parse_choices([], read_runtimes([tmp_path]))
    assert (found.label, found.path) == ("3.13", tmp_path / "bin" / "python")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["/usr/bin/python3"], "--runtime: found '/usr/bin/python3', expected LABEL=PATH"),
        (["3.14="], "--runtime 3.14: found no path, expected 3.14=PATH"),
        (["a b=/x"], "--runtime: found the label 'a b', expected at most 16 letters"),
        (["default=/x"], "and not `default`"),
        (["a=/x", "a=/y"], "--runtime a: found it twice"),
    ],
)
def test_a_wrong_option_has_one_message(texts: list[str], message: str) -> None:
    with pytest.raises(Problem, match=message.replace("(", r"\(")):
        parse_choices(texts)


def test_each_unusable_runtime_is_reported_and_left_out(tmp_path: Path) -> None:
    runners = Runners()
    old = tmp_path / "go"
    old.write_text("#!/bin/sh\necho go version go1.20.1 linux/amd64\n", "utf-8")
    old.chmod(0o755)
    choices = parse_choices([f"none={tmp_path}/none", f"folder={tmp_path}", f"go1.20={old}"])
    add_runtimes(runners, choices, {}, tell=pytest.fail)
    assert runners.is_incomplete
    assert not runners.found
    assert runners.problems == [
        f"the runtime none cannot be used: {tmp_path}/none: found no such file, expected an"
        " interpreter",
        f"the runtime folder cannot be used: {tmp_path}: found a directory, expected an"
        " interpreter",
        f"the runtime go1.20 cannot be used: {old}: found Go 1.20, expected 1.26 or later",
    ]


def _planned(profile: str, *workloads: str) -> set[tuple[str, str, str, str]]:
    """Return what of two workloads a run would measure on a further runtime."""
    models = [(w, v) for w in ("demo", "other") for v in ("", "pinned")]
    description = protocol.Description(
        protocol.PROTOCOL,
        "python",
        "3.14",
        tuple(protocol.Implementation(w, "trio", "a.py", v) for w, v in models),
    )
    here = Runner("python", ("python",), {}, description)
    there = replace(here, runtime="3.14t")
    known = {
        "demo": factories.workload('on_runtimes = ["headline"]\n' + factories.WORKLOAD),
        "other": factories.workload(factories.WORKLOAD, "other"),
    }
    runners = Runners({runner.key: runner for runner in (here, there)})
    inventory = Inventory(known, runners, runtimes={"3.14t": "/opt/python"})
    cells, absent = inventory.plan_cells(RunSelection(workloads), PROFILES[profile])
    assert {cell.workload for cell in cells} == set(workloads or known)
    assert not {one.cell for one in absent if one.cell.contestant.runtime == "3.14t"}
    return {
        (cell.workload, cell.case, cell.model, cell.contestant.variant)
        for cell in cells
        if cell.contestant.runtime == "3.14t"
    }


def test_a_further_runtime_is_measured_where_it_matters_or_where_the_user_says() -> None:
    assert _planned("standard") == {("demo", "headline", "trio", "")}
    assert len(_planned("standard", "other")) == 2 * 3
    assert len(_planned("thorough")) == 2 * 2 * 4


def test_the_user_reads_where_further_runtimes_are_measured() -> None:
    here, there = Contestant("demo", "trio"), Contestant("demo", "trio", runtime="3.14t")
    other = Contestant("other", "trio")
    cells = [Cell(one, "headline") for one in (here, there, other)]
    assert describe_narrowing(cells, ("3.14t",)).startswith("3.14t: measured in 1 of 2 workloads,")
    assert not describe_narrowing(cells[:2], ("3.14t",))
    assert not describe_narrowing(cells, ())


def test_without_a_network_the_standard_library_is_left() -> None:
    lacking = environments.Environment(Path(), {"trio": "its libraries could not be installed: no"})
    assert lacking.explain("trio is not installed for this interpreter") == (
        "trio is not installed for this interpreter: its libraries could not be installed: no"
    )
    assert lacking.explain("needs Python 3.12 or later") == "needs Python 3.12 or later"


def test_the_lock_of_the_models_agrees_with_that_of_the_harness() -> None:
    root = environments.REQUIREMENTS.parent.parent
    parse = installing.split
    other = {
        one.name: one.text.partition(" ")[0]
        for name in ("requirements.txt", "python/requirements.txt")
        for one in parse((root / name).read_text("utf-8"))
    }
    ours = {
        one.name: one.text.partition(" ")[0]
        for one in parse(environments.REQUIREMENTS.read_text("utf-8"))
    }
    assert {name: other.get(name) for name in ours if name != "httpx2-jsfetch"} == {
        name: text for name, text in ours.items() if name != "httpx2-jsfetch"
    }
    runner = Inventory.open(remembered=True).runners.found["python"]
    libraries = {
        name for name in runner.description.facts if name in {*other, *ours} and name != "python"
    }
    assert libraries <= ours.keys()
