"""`loombench new`: what it writes is found, says what is missing, and conforms once it is there."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from harness import scaffold
from harness.catalog import workload_file
from harness.catalog.workload import SHAPES, Workload
from harness.cli import writing
from harness.errors import Exit, Problem
from harness.paths import ROOT, WORKLOADS
from runner import models
from tests.support import scaffolding
from tests.support.command import Invoke


@cache
def shipped() -> dict[str, Workload]:
    return workload_file.load_folder(WORKLOADS)


def fitting() -> list[tuple[Workload, str]]:
    """Return every workload with every base that it can be written on."""
    return [
        (workload, base)
        for workload in shipped().values()
        for base in scaffold.BASES
        if not set(scaffold._models_on(base)) <= workload.not_applicable.keys()
    ]


@cache
def created(workload: str, base: str) -> tuple[str, str]:
    """Return the path and the text of an implementation that the scaffold made."""
    return scaffold.create_implementation(shipped()[workload], base, "other")


# --- texts


@pytest.mark.parametrize("shape", SHAPES)
def test_the_file_of_a_new_workload_parses_and_has_that_shape(shape: str) -> None:
    texts = scaffold.create_workload("weave", shape)
    made = workload_file.parse("weave", texts["harness/workloads/weave.toml"], "weave.toml")
    assert made.shape == shape
    assert made.sweep is not None or shape == "footprint"
    assert ("on_sequential.py" in " ".join(texts)) == (shape == "makespan")
    assert {"python/workloads/weave/on_asyncio.py", "go/workloads/weave/weave.go"} <= set(texts)
    assert list(texts)[-1] == "harness/workloads/weave.toml"  # by it the workload is there at all


def test_the_default_shape_is_makespan(where: Path, invoke: Invoke) -> None:
    assert invoke("new", "workload", "weave")[0] == 0
    text = (where / "harness/workloads/weave.toml").read_text("utf-8")
    assert tomllib.loads(text)["shape"] == "makespan"


def test_the_bases_are_those_of_the_runners() -> None:
    assert set(scaffold.BASES) == {one.base for one in models.MODELS.values()} | {"go"}
    assert all(scaffold._models_on(base) for base in scaffold.BASES)


@pytest.mark.slow
def test_an_implementation_lists_the_rules_of_its_workload() -> None:
    for workload, base in fitting():
        path, text = created(workload.id, base)
        said = " ".join(text.replace("//", "").replace("#", "").split())
        for rule in workload.rules:
            assert " ".join(rule.split()) in said, path
        for param in workload.params.values():
            assert f"{param.name}" in said, path
            assert " ".join(param.meaning.split()) in said, path
        for observation in workload.observations:
            assert re.search(rf'bserve(Least|_least)?\("{observation.name}", n\)', said), path
        assert text.count(f'"write the work of {path}"') == 1
        named = set(re.findall(r"(?:python|go)/workloads/\S+\.(?:py|go)", said)) - {path}
        assert [name for name in named if not (ROOT / name).is_file()] == []
        assert max(map(len, text.splitlines())) <= 100 or base == "go", path


@pytest.mark.parametrize(
    ("name", "base", "example"),
    [
        ("footprint", "trio", "python/workloads/footprint/on_trio.py"),
        ("footprint", "go", "go/workloads/footprint/footprint.go"),
        ("echo", "asyncio", "python/workloads/echo/on_asyncio.py"),
        ("http", "threads", "python/workloads/http/on_threads.py"),
        ("drain", "anyio", "python/workloads/drain/on_anyio.py"),
    ],
)
def test_the_example_has_the_same_shape_and_load(name: str, base: str, example: str) -> None:
    """Also in a workload of another name, as somebody adds one."""
    renamed = replace(shipped()[name], id="weave")
    for workload in (shipped()[name], renamed):
        _, text = scaffold.create_implementation(workload, base, "other")
        assert f" Example: {example}." in " ".join(text.replace("//", "").replace("#", "").split())


def test_without_an_implementation_of_the_same_shape_on_the_base_there_is_no_example(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(scaffold, "ROOT", tmp_path)
    assert "Example" not in scaffold.create_implementation(shipped()["echo"], "trio", "other")[1]


def test_a_workload_file_that_is_not_finished_leaves_out_the_example(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "unfinished.toml").write_text("title = ", encoding="utf-8")
    monkeypatch.setattr(scaffold, "WORKLOADS", tmp_path)
    assert "Example" not in "".join(scaffold.create_workload("weave", "server").values())


def test_its_functions_are_what_the_runner_calls_on_that_base() -> None:
    for workload, base in fitting():
        if base == "go":
            continue
        path, text = created(workload.id, base)
        functions = {node.name: node for node in ast.parse(text).body if hasattr(node, "args")}
        boots = any(model.boot for model in models.MODELS.values() if model.base == base)
        kind = ast.AsyncFunctionDef if boots else ast.FunctionDef
        assert isinstance(functions["run"], kind), path
        arguments = [argument.arg for argument in functions["run"].args.args]
        pool = ["loops" if base == "loops" else "pool"] if "prepare" in functions else []
        assert arguments == ["params", "probe", *pool], path


@pytest.mark.slow
def test_a_python_scaffold_passes_the_checks(tmp_path: Path) -> None:
    for shape in SHAPES:
        text = scaffold.create_workload(shape, shape)[scaffold.workload_path(shape)]
        made = workload_file.parse(shape, text, "x")
        for base in {*scaffold.BASES} - {"go", *made.not_applicable}:
            path, text = scaffold.create_implementation(made, base, "other")
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "python" / "runner", tmp_path / "python" / "runner")  # sorted as ours
    for command in (("format", "--check"), ("check",)):
        done = subprocess.run(
            [Path(sys.executable).with_name("ruff"), *command, "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("shape", SHAPES)
def test_a_go_scaffold_is_formatted(shape: str) -> None:
    go = scaffolding.go()
    if go is None:
        pytest.skip("no Go here")
    root = subprocess.run(
        [go, "env", "GOROOT"], capture_output=True, text=True, check=True
    ).stdout.strip()
    text = scaffold.create_workload("weave", shape)["go/workloads/weave/weave.go"]
    done = subprocess.run(
        [str(Path(root) / "bin" / "gofmt"), "-d"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""


# --- what cannot be


@pytest.mark.parametrize(
    "name", ["Weave", "we-ave", "we_ave", "1weave", "", " weave", "weave ", "../weave", "wéave"]
)
def test_an_invalid_name_is_refused(invoke: Invoke, where: Path, name: str) -> None:
    before = scaffolding.files(where)
    code, said, err = invoke("new", "workload", "--", name)
    assert (code, said) == (Exit.USAGE, "")
    assert err == (
        f"loombench: found the name {name!r}, expected one lowercase word of letters and digits,"
        " such as turnstile\n"
    )
    assert scaffolding.files(where) == before


@pytest.mark.parametrize("name", ["select", "go", "main", "internal"])
def test_a_name_reserved_in_go_is_refused(name: str) -> None:
    with pytest.raises(Problem, match="reserved in Go"):
        scaffold.create_workload(name, "rate")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("workload", "pingpong"),
            "harness/workloads/pingpong.toml: found a workload of that name, expected none; choose"
            " another name, or add to it: loombench new implementation pingpong BASE",
        ),
        (
            ("implementation", "pingpong", "trio"),
            "python/workloads/pingpong/on_trio.py: found a file, expected none; change that one, or"
            " choose another name",
        ),
        (
            ("implementation", "pingpong", "go"),
            "go/workloads/pingpong/pingpong.go: found the function Run, expected none; change that"
            " one, or name another variant",
        ),
        (
            ("implementation", "footprint", "go__asleep"),
            "go/workloads/footprint/footprint.go: found the function RunAsleep, expected none;"
            " change that one, or name another variant",
        ),
        (("implementation", "pingpong", "tiro"), "unknown base 'tiro'; did you mean trio?"),
        (
            ("implementation", "pingpongg", "trio"),
            "unknown workload 'pingpongg'; did you mean pingpong?",
        ),
        (
            ("implementation", "pingpong", "trio__"),
            "found the variant '', expected lowercase letters, digits and single underscores, such"
            " as trio__buffered",
        ),
        (
            ("implementation", "pingpong", "trio__Fast"),
            "found the variant 'Fast', expected lowercase letters, digits and single underscores,"
            " such as trio__buffered",
        ),
        (
            ("implementation", "pingpong", "go__in_flight"),
            "found the variant 'in_flight', expected one lowercase word of letters and digits: in"
            " Go it is part of a function's name",
        ),
        (
            ("implementation", "pingpong", "sequential"),
            "pingpong does not apply to sequential: sequential code has no second task to hand a"
            " value to; if that is wrong, remove it from not_applicable in"
            " harness/workloads/pingpong.toml",
        ),
    ],
)
def test_an_impossible_request_is_refused_in_one_line_and_writes_nothing(
    invoke: Invoke, where: Path, arguments: tuple[str, ...], message: str
) -> None:
    before = scaffolding.files(where)
    assert invoke("new", *arguments) == (Exit.USAGE, "", f"loombench: {message}\n")
    assert scaffolding.files(where) == before


def test_an_unknown_shape_is_a_usage_error(invoke: Invoke, where: Path) -> None:
    code, said, err = invoke("new", "workload", "weave", "--shape", "rat")
    assert (code, said) == (Exit.USAGE, "")
    assert "'rate'" in err


def test_implementations_of_a_workload_without_a_file_are_not_overwritten(
    invoke: Invoke, where: Path
) -> None:
    left = where / "python/workloads/weave/on_asyncio.py"
    left.parent.mkdir()
    left.write_text("mine", encoding="utf-8")
    before = scaffolding.files(where)
    code, _, err = invoke("new", "workload", "weave")
    assert code == Exit.USAGE
    assert err.startswith("loombench: python/workloads/weave/on_asyncio.py: found a file, expected")
    assert scaffolding.files(where) == before


def test_if_one_file_cannot_be_written_none_is(
    invoke: Invoke, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refusing(path: Path, mode: str = "r", **more: object) -> object:
        if mode == "x" and path.suffix == ".go":
            raise PermissionError(13, "Permission denied")
        return opened(path, mode, **more)  # type: ignore[call-overload]

    before = sorted(where.rglob("*"))
    monkeypatch.setattr(Path, "open", refusing)
    assert invoke("new", "workload", "weave") == (
        Exit.NOT_POSSIBLE,
        "",
        "loombench: go/workloads/weave/weave.go: cannot be written: Permission denied; expected a"
        " writable clone; nothing was written\n",
    )
    assert sorted(where.rglob("*")) == before


def test_if_a_folder_cannot_be_made_nothing_is_written(invoke: Invoke, where: Path) -> None:
    shutil.rmtree(where / "go" / "workloads")
    (where / "go" / "workloads").write_text("in the way", encoding="utf-8")
    before = sorted(where.rglob("*"))
    code, _, err = invoke("new", "workload", "weave")
    assert code == Exit.NOT_POSSIBLE
    assert "go/workloads/weave/weave.go: cannot be written: " in err
    assert sorted(where.rglob("*")) == before


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have the command write into a small tree: the workload files, and two of their folders."""
    shutil.copytree(WORKLOADS, tmp_path / "harness" / "workloads")
    for folder in ("python/workloads/pingpong", "go/workloads/pingpong", "go/workloads/footprint"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    monkeypatch.setattr(writing, "ROOT", tmp_path)
    monkeypatch.setattr(writing, "WORKLOADS", tmp_path / "harness" / "workloads")
    return tmp_path
