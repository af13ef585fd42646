"""docs/adding-a-workload.md and docs/adding-a-model.md, followed step by step in a copy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
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

STEP = re.compile(
    r"^```(sh|text|diff)\n(.*?)^```|\]\((examples/[\w/]+\.\w+)\)", re.MULTILINE | re.DOTALL
)


class Step(NamedTuple):
    """A fenced block of a document, or a link to an example file."""

    kind: str  # the language of the block, or `example`
    text: str  # the block, or the path of the example
    file: str  # of the project, named last before it


def steps(document: str) -> list[Step]:
    text = (ROOT / "docs" / document).read_text("utf-8")
    found = []
    for step in STEP.finditer(text):
        named = re.findall(r"`((?:harness|python|go)/[\w/.]+\.\w+)`", text[: step.start()])
        file = named[-1] if named else ""
        found.append(Step(step[1] or "example", step[2] or step[3], file))
    return found


def one_line(text: str) -> str:
    return " ".join(text.split())


class Walk:
    """Follows the steps of a document in a copy of the project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.said = ""
        self.compared: list[str] = []

    def do(self, step: Step) -> None:
        if step.kind == "sh":
            for line in step.text.splitlines():
                self.type(line)
        elif step.kind == "text":
            self.compare(step.text)
        elif step.kind == "diff":
            self.change(step)
        else:
            assert Path(step.file).name == Path(step.text).name
            shutil.copyfile(ROOT / "docs" / step.text, self.root / step.file)

    def type(self, line: str) -> None:
        name, *arguments = shlex.split(line)
        assert name == ".venv/bin/loombench"
        if scaffolding.go() is None and re.search(r"\bgo\b", line):
            return
        if "--budget" in arguments:
            arguments[arguments.index("--budget") + 1] = "1s"
        done = scaffolding.do(self.root, *arguments)
        self.said = done.stdout
        assert done.returncode in (Exit.SUCCESS, Exit.FAILED), done.stdout + done.stderr
        shows_a_failure = " crash " in done.stdout or " wrong answer " in done.stdout
        assert (done.returncode == Exit.FAILED) == shows_a_failure, done.stdout

    def compare(self, expected: str) -> None:
        """Find every line in the output of the last command; skip those about Go without Go."""
        found = one_line(self.said)
        for line in expected.splitlines():
            if scaffolding.go() or not re.search(r" go\b", line):
                assert line in found, f"{line}\n{self.said}"
                self.compared.append(line)

    def change(self, step: Step) -> None:
        """Apply a diff whose hunks are separated by `@@`."""
        text = (self.root / step.file).read_text("utf-8")
        for hunk in step.text.split("@@\n"):
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] != "+")
            new = "".join(line[1:] for line in lines if line[0] != "-")
            assert text.count(old) == 1, f"{step.file}:\n{old}"
            text = text.replace(old, new)
        (self.root / step.file).write_text(text, encoding="utf-8")


def walked(root: Path, document: str) -> Walk:
    walk = Walk(scaffolding.copied(root))
    for step in steps(document):
        walk.do(step)
    return walk


# --- a workload


@pytest.fixture(scope="module")
def turnstile(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return walked(tmp_path_factory.mktemp("workload"), "adding-a-workload.md")


def test_the_commands_for_a_workload_print_what_the_page_shows(turnstile: Walk) -> None:
    assert "turnstile asyncio ok" in turnstile.compared
    assert "turnstile threads ok" in turnstile.compared


def test_the_run_of_the_new_workload_draws_the_named_figures(turnstile: Walk) -> None:
    text = (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8")
    named = re.findall(r"`(results/latest/figures/[\w.-]+)`", text)
    main, scaling = named
    assert (turnstile.root / main).is_file()
    assert scaling.endswith("-scaling.png")  # the test's run is too short for a line
    run = store.read_run(store.find_run(turnstile.root / "results"))
    assert {"asyncio", "threads"} <= {cell.model for cell in run.cells}


def test_a_broken_rule_is_reported_as_the_page_shows(turnstile: Walk) -> None:
    source = turnstile.root / "python/workloads/turnstile/on_asyncio.py"
    text = source.read_text("utf-8")
    (shown,) = re.findall(
        r"`validate` reports\s+`(found .*?)`",
        (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8"),
    )
    source.write_text(text.replace("async with lock:", "if True:"), encoding="utf-8")
    done = scaffolding.do(turnstile.root, "validate", "turnstile", "--model", "asyncio")
    source.write_text(text, encoding="utf-8")
    assert done.returncode == Exit.FAILED
    assert scaffolding.results(done.stdout) == {"asyncio": ("wrong answer", shown)}


def test_the_tiny_case_for_go_passes(turnstile: Walk) -> None:
    go = scaffolding.go()
    if go is None:
        pytest.skip("found no Go")
    done = subprocess.run(
        [go, "test", "-vet=off", "-v", "-run", "/^turnstile/", "./workloads"],
        cwd=turnstile.root / "go",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/turnstile/" in done.stdout


def test_the_table_of_shapes_is_complete() -> None:
    text = (ROOT / "docs" / "adding-a-workload.md").read_text("utf-8")
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \|", text, re.MULTILINE)
    assert set(rows) == set(SHAPES)


# --- a model


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return walked(tmp_path_factory.mktemp("model"), "adding-a-model.md")


def test_the_commands_for_a_model_print_what_the_page_shows(models: Walk) -> None:
    assert {"pingpong asyncio-select ok", "sumsquares pool ok"} <= set(models.compared)


def test_the_new_models_are_listed_and_look_different(models: Walk) -> None:
    script = (
        "from harness.catalog.workload import MODELS;"
        "from harness.presenting.figures.style import LOOKS; from harness.scaffold import BASES;"
        "print(*MODELS); print(*sorted(LOOKS)); print(*BASES);"
        "print(len({look.colour for look in LOOKS.values()}),"
        " len({look.marker for look in LOOKS.values()}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
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


def test_a_new_model_is_in_the_figure(models: Walk) -> None:
    models.type(".venv/bin/loombench run --workload sumsquares --model pool --budget 1s")
    figure = models.root / "results" / "latest" / "figures" / "sumsquares.svg"
    assert ">pool<" in figure.read_text("utf-8")


def test_the_page_explains_every_field_of_a_model() -> None:
    text = (ROOT / "docs" / "adding-a-model.md").read_text("utf-8")
    rows = " ".join(re.findall(r"^\| (`\w+`[^|]*) \|", text, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) == set(Model._fields)
