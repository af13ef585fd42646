"""What the documents tell people to do works, and what they point to is there."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from harness import cli
from harness.catalog import workload_file
from harness.catalog.workload import MODELS
from harness.paths import ROOT, WORKLOADS
from harness.results import store
from runner import models
from tests.support.scaffolding import blocks, copied, do, walk_through

README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = ["README.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
VARIABLES = set(re.findall(r"^([A-Z]+) \?=", MAKEFILE, re.MULTILINE))
WORKLOAD_IDS = {path.stem for path in WORKLOADS.glob("*.toml")}
# What the walk-throughs of these documents write, in a copy that test_adding_documents.py makes.
WALKS = ("docs/adding-a-workload.md", "docs/adding-a-model.md")
WRITTEN = {
    "harness/workloads/turnstile.toml",
    "python/workloads/turnstile/on_asyncio.py",
    "python/workloads/turnstile/on_threads.py",
    "go/workloads/turnstile/turnstile.go",
    "python/workloads/sumsquares/on_pool.py",
}
NEW_MODELS = ("asyncio-select", "pool", "go-2cpu", "NAME")
LOOMBENCH = (".venv/bin/loombench", "loombench")


def commands(*documents: str) -> list[str]:
    """Return what the documents tell people to type: blocks, and words between backquotes."""
    found = []
    for document in documents or DOCUMENTS:
        text = (ROOT / document).read_text("utf-8")
        for block in blocks(text, "sh"):
            found += [line for line in block.splitlines() if line.strip()]
        found += re.findall(r"`((?:make|(?:\.venv/bin/)?loombench) [^`]+)`", text)
    return list(dict.fromkeys(found))


def in_shell(name: str, *documents: str) -> list[list[str]]:
    """Return the commands of the blocks that begin with a name, split as a shell would."""
    return [words for line in commands(*documents) if (words := shlex.split(line))[0] == name]


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_documents_exists_with_its_options(line: str) -> None:
    name, *arguments = shlex.split(line)
    if name == "make":
        for one in arguments:
            variable, is_set, _ = one.partition("=")
            assert variable in (VARIABLES if is_set else TARGETS)
        return
    assert name in LOOMBENCH
    subcommand: click.Command = cli.cli
    while isinstance(subcommand, click.Group) and arguments:
        name, *arguments = arguments
        subcommand = subcommand.commands[name]
    if isinstance(subcommand, click.Group):
        return  # named as a whole
    with subcommand.make_context(name, arguments) as context:
        assert isinstance(context, click.Context)


def test_every_block_of_commands_is_one_for_make_or_loombench() -> None:
    lines = [line for block in blocks(README, "sh") for line in block.splitlines()]
    assert len(lines) >= 4
    assert {shlex.split(line)[0] for line in lines} <= {"make", LOOMBENCH[0]}


def test_make_help_lists_every_target_and_every_variable() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make here")
    said = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = set(re.findall(r"^ +([a-z]+) +\w", said, re.MULTILINE))
    assert listed == TARGETS
    assert set(re.findall(r"^ +([A-Z]+)=", said, re.MULTILINE)) == VARIABLES


def test_make_compare_names_each_external_runner_and_runtime() -> None:
    if shutil.which("make") is None:
        pytest.skip("no make here")
    said = subprocess.run(
        [
            *("make", "--dry-run", "compare", "RUNNERS=docs/examples/node,docs/examples/tokio"),
            "RUNTIMES=3.13=/a 3.14t=/b",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    words = shlex.split(said)
    named = [value for option, value in itertools.pairwise(words) if option == "--runner"]
    assert named == ["docs/examples/node", "docs/examples/tokio"]
    runtimes = [value for option, value in itertools.pairwise(words) if option == "--runtime"]
    assert runtimes == ["3.13=/a", "3.14t=/b"]


def test_every_target_is_phony() -> None:
    (line,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert set(line.split()) == set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_points_to_a_file_and_its_heading(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", path.read_text("utf-8"))
    for target, anchor in links:
        file = path.parent / target if target else path
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """Return the anchor of each heading, as GitHub makes it."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_file_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    named = re.findall(r"`((?:harness|python|go|tests|docs)/[a-z_./]+)`", text)
    to_write = {walk_through()[0], *(WRITTEN if document in WALKS else ())}
    assert [one for one in named if one not in to_write and not (ROOT / one).exists()] == []


def test_the_list_of_workloads_has_those_that_exist_under_their_topics() -> None:
    section = README.split("\n## Workloads\n")[1].split("\n## ")[0]
    listed = {}
    for item in section.replace("\n  ", " ").splitlines():
        topic = re.match(r"- \*\*(.+)\*\*:", item)
        for id_ in re.findall(r"`([a-z]+)` \(", item):
            listed[id_] = topic[1].lower() if topic else ""
    shipped = workload_file.load_folder(WORKLOADS)
    assert listed == {id_: one.topic for id_, one in shipped.items()}


def test_the_bases_that_are_named_are_those_of_the_python_runner() -> None:
    (sentence,) = re.findall(r"BASE in a file name is one of ([^;]+);", README)
    assert set(re.findall(r"`([a-z]+)`", sentence)) == {one.base for one in models.MODELS.values()}


def test_every_model_and_workload_that_is_asked_for_exists() -> None:
    words = [words for name in LOOMBENCH for words in in_shell(name) if "--runner" not in words]
    options = [pair for one in words for pair in itertools.pairwise(one)]
    named = {value for option, value in options if option == "--model"}
    workloads = {value for option, value in options if option == "--workload"}
    assert named
    assert {one for names in named for one in names.split(",")} <= {*MODELS, *NEW_MODELS}
    assert workloads
    assert workloads <= WORKLOAD_IDS | {"turnstile"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of what the command needs of the repository, with the walk-through done."""
    root = copied(tmp_path_factory.mktemp("copy"))
    file, code = walk_through()
    assert not (root / file).exists()
    (root / file).write_text(code, encoding="utf-8")
    return root


def typed(copy: Path, words: list[str]) -> str:
    """Do in the copy what a line of the walk-through says."""
    done = do(copy, *words[1:])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_implementation_that_was_added_as_told_is_measured_against_the_others(
    copy: Path, tmp_path: Path
) -> None:
    typed_there = in_shell(LOOMBENCH[0], "README.md")
    (words,) = [words for words in typed_there if words[1:3] == ["run", "--workload"]]
    words[words.index("--budget") + 1] = "1s"
    said = typed(copy, [*words, "--out", str(tmp_path)])
    folder = store.find_run(tmp_path)
    assert "asyncio · events" in {cell.contestant.name for cell in store.read_run(folder).cells}
    assert {trial.status.value for trial in store.read_trials(folder, [])} == {"ok"}
    assert "Ping-pong: " in said
    assert "asyncio · events" in typed(copy, [words[0], "show", str(folder)])
    assert "asyncio · events" in (folder / "figures" / "pingpong.svg").read_text("utf-8")


def test_the_copy_is_what_was_run(copy: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import harness; print(harness.__file__)"],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert Path(said.strip()).is_relative_to(copy)
