"""Conventions that matter are tests: who may import whom, what a child loads, what no file names.

The sources are parsed and not run, so an import inside a function or for types alone counts too.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.runners import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A module imports from levels above its own line, or from its own line; never from below.
LEVELS = (
    {"errors", "units", "formula", "distributions", "interrupts"},
    {"records"},
    {"fields", "workload", "store", "stats", "waits"},
    {"catalog", "metrics", "settling", "drift", "ledger"},
    {"plan", "gather", "scaffold"},
    {"allocate", "analyse"},
    {"protocol", "findings", "versus", "claims"},
    {"leftovers", "warden", "spin", "machine", "advice"},
    {"conversation", "load", "child"},
    {"verdict", "runners", "external", "serving"},
    {"measure", "doctor", "live", "figures", "tables", "export"},
    {"campaign", "report", "readme"},
    {"reference"},
    {"cli"},
)
MEASURING = {
    "plan", "allocate", "protocol", "conversation", "load", "verdict", "leftovers", "warden",
    "spin", "child", "serving", "runners", "external", "machine", "doctor", "measure", "campaign",
    "live",
}  # fmt: skip
ANALYSING = {
    "settling", "drift", "gather", "analyse", "findings", "versus", "ledger", "claims", "advice",
    "figures", "tables", "export", "report", "readme", "reference",
}  # fmt: skip
BOTH_HALVES = {"cli"}

LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}
LONGEST = 400  # lines
LIBRARIES = {"asyncio", "trio", "anyio", "uvloop", "multiprocessing"}
PYTHON = ROOT / "python"
# What an implementation may import besides the library of its base: (workload, base[__variant]).
ALSO = {
    (workload, stem): libraries
    for workload in ("http", "drain")
    for stem, libraries in {
        "asyncio": {"httptools"},
        "asyncio__uvicorn": {"uvicorn"},
        "asyncio__aiohttp": {"aiohttp"},
        "trio": {"h11"},
        "trio__hypercorn": {"hypercorn"},
        "anyio": {"h11"},
        "processes": {"uvicorn"},
        "scratch": {"httptools"},
    }.items()
}
ALSO["drain", "processes"] |= {"asyncio"}  # an application of uvicorn's sleeps by its loop


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if ".venv" not in path.parts)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the full names that import statements name: `from a import b` gives `a.b`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be searched for"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), shown(path))


def imported(path: Path) -> set[str]:
    """Return all names that a file imports, wherever in it."""
    return set(imports(ast.walk(parsed(path))))


def packages(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def module_of(path: Path) -> str:
    """Return the module of the harness that a file belongs to; a folder is one module."""
    return path.relative_to(ROOT / "harness").with_suffix("").parts[0]


def below_harness(names: Iterable[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("harness.")}


GRAPH: dict[str, set[str]] = {}
for source in sources(ROOT / "harness"):
    if source != ROOT / "harness" / "__init__.py":
        known = GRAPH.setdefault(module_of(source), set())
        known |= below_harness(imported(source)) - {module_of(source)}


# --- the harness


def test_every_module_of_the_harness_has_its_level() -> None:
    assert set(GRAPH) == set(LEVEL)


@pytest.mark.parametrize("module", GRAPH)
def test_a_module_imports_nothing_from_a_later_level(module: str) -> None:
    later = {name for name in GRAPH[module] if LEVEL[name] > LEVEL[module]}
    assert later == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_a_circle_would_be_found() -> None:
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()


@pytest.mark.parametrize("module", sorted(MEASURING))
def test_measuring_knows_nothing_of_analysing(module: str) -> None:
    assert GRAPH[module] & (ANALYSING | BOTH_HALVES) == set()


@pytest.mark.parametrize("module", sorted(ANALYSING))
def test_analysing_knows_nothing_of_measuring(module: str) -> None:
    # `machine` is read and shown by both: what disturbs measuring is printed as a table.
    assert GRAPH[module] & ((MEASURING | BOTH_HALVES) - {"machine"}) == set()


@pytest.mark.parametrize("module", sorted(set(GRAPH) - MEASURING - ANALYSING - BOTH_HALVES))
def test_what_both_halves_share_knows_neither(module: str) -> None:
    assert GRAPH[module] & (MEASURING | ANALYSING | BOTH_HALVES) == set()


def test_the_command_line_alone_sees_both_halves() -> None:
    both = {
        module
        for module, known in GRAPH.items()
        if known & (MEASURING - {"machine"}) and known & ANALYSING
    }
    assert both == BOTH_HALVES


def test_only_the_figures_draw() -> None:
    drawing = {
        module_of(path)
        for path in sources(ROOT / "harness")
        if "matplotlib" in packages(imported(path))
    }
    assert drawing == {"figures"}


def test_the_package_itself_imports_nothing() -> None:
    assert imported(ROOT / "harness" / "__init__.py") == set()


# --- the harness and the runners know each other by the protocol alone


@pytest.mark.parametrize("path", sources(PYTHON), ids=shown)
def test_python_runs_without_the_harness(path: Path) -> None:
    assert "harness" not in packages(imported(path))


@pytest.mark.parametrize("path", sources(ROOT / "harness"), ids=shown)
def test_the_harness_imports_nothing_that_it_measures(path: Path) -> None:
    assert packages(imported(path)) & {"runner", "workloads", *LIBRARIES} == set()


@pytest.mark.parametrize("path", sorted((ROOT / "go").rglob("*.go")), ids=shown)
def test_go_imports_nothing_from_outside_its_folder(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r'^import\s*(?:\(([^)]*)\)|(?:\w+\s+)?("[^"]+"))', text, re.MULTILINE)
    names = re.findall(r'"([^"]+)"', " ".join(map(" ".join, blocks)))
    assert [name for name in names if name.startswith(("loombench/harness", ".."))] == []
    ours = [name for name in names if name.startswith("loombench/")]
    missing = [name for name in ours if not (ROOT / "go" / name.partition("/")[2]).is_dir()]
    assert missing == []


def at_module_level(path: Path) -> set[str]:
    """Return what importing a file imports: neither what functions import, nor types."""
    nodes: list[ast.AST] = []
    waiting: list[ast.AST] = list(parsed(path).body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        nodes.append(node)
        waiting += ast.iter_child_nodes(node)
    return packages(imports(nodes))


@pytest.mark.parametrize("path", sources(PYTHON / "runner"), ids=shown)
def test_the_runner_stands_on_the_standard_library(path: Path) -> None:
    assert at_module_level(path) - set(sys.stdlib_module_names) - {"runner"} == set()
    assert at_module_level(path) & LIBRARIES == set()


@pytest.mark.parametrize(
    "path",
    sorted(set(PYTHON.glob("workloads/*/*.py")) - set(PYTHON.glob("workloads/*/on_*.py"))),
    ids=shown,
)
def test_what_all_models_of_a_workload_share_loads_the_library_of_none(path: Path) -> None:
    assert packages(imported(path)) <= set(sys.stdlib_module_names) - {"asyncio"} | {"runner"}


@pytest.mark.parametrize("path", sorted(PYTHON.glob("workloads/*/on_*.py")), ids=shown)
def test_an_implementation_imports_its_own_library_and_no_other(path: Path) -> None:
    stem = path.stem.removeprefix("on_")
    base, also = stem.partition("__")[0], ALSO.get((path.parent.name, stem), set())
    beside = f"workloads.{path.parent.name}."  # what all models of a workload do alike
    names = {name for name in imported(path) if not name.startswith(beside)}
    foreign = packages(names) - set(sys.stdlib_module_names) - {"runner"}
    assert foreign <= {base} | also
    assert base == "asyncio" or "asyncio" not in packages(imported(path)) - also


# --- what a child loads

# `-X importtime` names each module as it is loaded, in the real runner, without touching it.
LOADED = {
    "sequential": set(),
    "threads": set(),
    "processes": set(),
    "scratch": set(),
    "asyncio": {"asyncio"},
    "uvloop": {"asyncio", "uvloop"},
    "trio": {"trio"},
    "anyio-asyncio": {"anyio", "asyncio"},
    "anyio-trio": {"anyio", "trio"},
}
NOTHING = {
    "id": "check",
    "params": {},
    "operations": 1,
    "warmup": 0,
    "iterations": 1,
    "min_sample_ns": 0,
}


def python(*arguments: str, line: bytes = b"") -> tuple[bytes, str]:
    """Run a fresh interpreter; returns what it printed, and its standard error."""
    with subprocess.Popen(
        [sys.executable, "-P", *arguments],
        env={**os.environ, "PYTHONPATH": str(PYTHON)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line)
        process.stdin.flush()  # and it stays open, as a harness keeps it
        out, errors = process.stdout.read(), process.stderr.read().decode()
    assert process.returncode == 0, errors
    return out, errors


@pytest.mark.parametrize("model", LOADED)
def test_a_child_loads_the_library_of_its_model_and_no_other(model: str) -> None:
    request = {"protocol": 1, "workload": "noop", "model": model, "cases": [NOTHING]}
    if model == "uvloop":
        pytest.importorskip("uvloop")
    _, errors = python(
        "-X", "importtime", "-m", "runner", "run", line=json.dumps(request).encode() + b"\n"
    )
    loaded = packages(re.findall(r"^import time:.*\|\s*(\S+)$", errors, re.MULTILINE))
    assert loaded & LIBRARIES == LOADED[model]
    assert "runner" in loaded


@pytest.mark.parametrize("module", ["models", "session", "wire", "work", "implementations"])
def test_the_runners_own_modules_load_no_library(module: str) -> None:
    out, _ = python("-c", f"import sys, runner.{module}; print(*sys.modules)")
    assert packages(out.decode().split()) & LIBRARIES == set()


def test_describing_loads_no_library() -> None:
    _, errors = python("-X", "importtime", "-m", "runner", "describe")
    loaded = packages(re.findall(r"^import time:.*\|\s*(\S+)$", errors, re.MULTILINE))
    assert loaded & LIBRARIES == set()


# --- files


@pytest.mark.parametrize(
    "path", [*sources(ROOT / "harness"), *sources(PYTHON), *sources(ROOT / "tests")], ids=shown
)
def test_no_module_is_longer_than_it_may_be(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def tracked() -> dict[str, str]:
    """Return the text files of the repository, also those not yet committed: path -> text."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others"]
    try:
        done = subprocess.run(
            [*command, "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"not a git repository: {error}")
    texts = {}
    for name in done.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.is_file():
            data = path.read_bytes()
            if b"\0" not in data:
                texts[name] = data.decode("utf-8")
    return texts


def pins_versions(name: str) -> bool:
    """Tell whether a file says where, or in which version, dependencies are to be had."""
    last = name.rpartition("/")[2]
    return last in {"go.mod", "go.sum", "pip.conf", "uv.toml", ".npmrc"} or bool(
        re.fullmatch(r"(requirements|constraints).*\.(txt|in)|.*\.lock", last)
    )


def test_lock_files_name_no_place_to_download_from() -> None:
    locks = {name: text for name, text in tracked().items() if pins_versions(name)}
    assert "requirements.txt" in locks
    assert "go/go.sum" in locks
    place = re.compile(r"://|^\s*(--?(extra-)?(index|find)|-[if]\b)", re.MULTILINE)
    assert [name for name, text in locks.items() if place.search(text)] == []


def test_no_file_names_a_package_index() -> None:
    index = re.compile(r"index[-_]url|GOPROXY=\S*:|GOSUMDB=\S*:", re.IGNORECASE)
    ours = {Path(__file__).resolve().relative_to(ROOT).as_posix()}
    named = [name for name, text in tracked().items() if name not in ours and index.search(text)]
    assert named == []


def test_no_file_names_a_path_of_a_developers_machine() -> None:
    own = {str(ROOT), str(Path.home())} - {"/", ""}
    someones = r"/(?:home|Users)/[A-Za-z0-9_.-]+/|[A-Za-z]:\\+Users\\+\w"
    path = re.compile("|".join([someones, *(re.escape(place) + r"(?=[/\"'\s])" for place in own)]))
    assert [name for name, text in tracked().items() if path.search(text)] == []
