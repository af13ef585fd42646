"""The walk-throughs of docs/adding-*.md, done in a copy of the project as they are told."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.catalog.workload import MODELS, SHAPES
from harness.errors import Exit
from harness.paths import ROOT
from harness.results import store
from runner.models import Model
from tests.support import scaffolding


class Step(NamedTuple):
    """A fenced block of a document, and the file that was named last before it."""

    language: str
    text: str
    file: str


def steps(document: str) -> list[Step]:
    text = (ROOT / "docs" / document).read_text("utf-8")
    found = []
    for block in re.finditer(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        named = re.findall(r"`((?:harness|python|go)/[\w/.]+\.\w+)`", text[: block.start()])
        found.append(Step(block[1], block[2], named[-1] if named else ""))
    return found


def one_line(text: str) -> str:
    return " ".join(text.split())


class Walk:
    """Does the steps of a document one after the other, in a copy."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said = self.folder = ""
        self.compared: list[str] = []

    def do(self, step: Step) -> None:
        if step.language == "sh":
            for line in step.text.splitlines():
                self.type(line)
        elif step.language == "text":
            self.compare(step.text)
        elif step.language == "diff":
            self.change(step)
        else:
            (self.root / step.file).write_text(step.text, encoding="utf-8")

    def type(self, line: str) -> None:
        name, *arguments = shlex.split(line)
        assert name == ".venv/bin/loombench"
        if scaffolding.go() is None and re.search(r"\bgo\b", line):
            return
        if "--budget" in arguments:
            arguments[arguments.index("--budget") + 1] = "1s"
        done = scaffolding.do(self.root, *arguments)
        self.said = done.stdout
        assert done.returncode in (Exit.FINE, Exit.DOES_NOT_HOLD), done.stdout + done.stderr
        says_that_it_does_not = " crash " in done.stdout or " wrong answer " in done.stdout
        assert (done.returncode == Exit.DOES_NOT_HOLD) == says_that_it_does_not, done.stdout

    def compare(self, expected: str) -> None:
        """Find every line in what the last command said; not those of Go where there is none."""
        found = one_line(self.said)
        for line in expected.splitlines():
            if scaffolding.go() or not re.search(r" go\b", line):
                assert line in found, f"{line}\n{self.said}"
                self.compared.append(line)

    def change(self, step: Step) -> None:
        """Replace in the file the lines that are not added by those that are not taken away."""
        lines = step.text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] != "+")
        new = "".join(line[1:] for line in lines if line[0] != "-")
        text = (self.root / step.file).read_text("utf-8")
        assert text.count(old) == 1, f"{step.file}:\n{old}"
        (self.root / step.file).write_text(text.replace(old, new), encoding="utf-8")


def walked(root: Path, document: str) -> Walk:
    walk = Walk(scaffolding.copied(root))
    for step in steps(document):
        walk.do(step)
    return walk


# --- a workload


@pytest.fixture(scope="module")
def turnstile(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return walked(tmp_path_factory.mktemp("workload"), "adding-a-workload.md")


def test_the_walk_to_a_workload_says_what_it_is_said_to_say(turnstile: Walk) -> None:
    assert "turnstile asyncio ok" in turnstile.compared
    assert "turnstile threads ok" in turnstile.compared


def test_it_ends_with_the_figures_that_are_named(turnstile: Walk) -> None:
    text = (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8")
    named = re.findall(r"`(results/latest/figures/[\w.-]+)`", text)
    assert len(named) == 2
    assert [one for one in named if not (turnstile.root / one).is_file()] == []
    run = store.read_run(store.find(turnstile.root / "results"))
    assert {"asyncio", "threads"} <= {cell.model for cell in run.cells}


def test_the_rule_that_is_broken_on_purpose_shows_as_it_is_told(turnstile: Walk) -> None:
    place = turnstile.root / "python/workloads/turnstile/on_asyncio.py"
    text = place.read_text("utf-8")
    (told,) = re.findall(
        r"`validate` says: (found .*?)\. An",
        (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8"),
    )
    place.write_text(text.replace("async with lock:", "if True:"), encoding="utf-8")
    done = scaffolding.do(turnstile.root, "validate", "turnstile", "--model", "asyncio")
    place.write_text(text, encoding="utf-8")
    assert done.returncode == Exit.DOES_NOT_HOLD
    assert scaffolding.results(done.stdout) == {"asyncio": ("wrong answer", told)}


def test_the_table_of_shapes_has_them_all() -> None:
    text = (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8")
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \|", text, re.MULTILINE)
    assert set(rows) == set(SHAPES)


# --- a model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return walked(tmp_path_factory.mktemp("model"), "adding-a-model.md")


def test_the_walk_to_a_model_says_what_it_is_said_to_say(models: Walk) -> None:
    assert {"pingpong asyncio-select ok", "sumsquares pool ok"} <= set(models.compared)


def test_models_that_were_added_as_told_have_their_places_and_their_looks(models: Walk) -> None:
    asked = (
        "from harness.presenting.figures.style import LOOKS;"
        "from harness.catalog.workload import MODELS;"
        "from harness.scaffold import BASES;"
        "print(*MODELS); print(*sorted(LOOKS)); print(*BASES);"
        "print(len({look.colour for look in LOOKS.values()}),"
        " len({look.marker for look in LOOKS.values()}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=models.root,
        env={**os.environ, "PYTHONPATH": str(models.root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    ours, looks, bases, different = said.splitlines()
    added = {"asyncio-select", "pool", "go-2cpu"}
    assert set(ours.split()) == set(looks.split()) == {*MODELS, *added}
    assert "pool" in bases.split()
    assert different == f"{len(MODELS) + 3} {len(MODELS) + 3}"


def test_a_model_that_was_added_as_told_is_in_the_figures(models: Walk) -> None:
    models.type(".venv/bin/loombench run --workload sumsquares --model pool --budget 1s")
    figure = models.root / "results" / "latest" / "figures" / "sumsquares.svg"
    assert ">pool<" in figure.read_text("utf-8")


def test_what_the_page_says_of_a_model_is_all_that_there_is_to_say() -> None:
    text = (ROOT / "docs" / "adding-a-model.md").read_text("utf-8")
    rows = " ".join(re.findall(r"^\| (`\w+`[^|]*) \|", text, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) == set(Model._fields)
