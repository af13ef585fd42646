"""Conventions that matter are tests: who imports whom, what no file names.

The sources are parsed and not run, so an import inside a function or for types alone counts too.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.paths import ROOT, WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The folders of harness/, lower ones first; "." holds the modules directly in it. A file imports
# from its own folder and from folders on earlier lines; folders on one line do not know each other.
LAYERS = (
    {"."},
    {"catalog"},
    {"results", "scaffold"},
    {"behaviours", "traces"},
    {"statistics"},
    {"measuring/processes", "measuring/machine", "analysis"},
    {"measuring/runners", "claims"},
    {"measuring/servers", "presenting/export", "presenting/figures"},
    {"measuring", "presenting/report"},
    {"measuring/fleet", "presenting"},
    {"cli"},
)
# The two halves meet in stored records alone; the command line sees both.
HALVES = ({"measuring"}, {"analysis", "claims", "presenting"})

LEVEL = {folder: level for level, folders in enumerate(LAYERS) for folder in folders}
LIBRARIES = {"asyncio", "trio", "anyio", "uvloop", "gevent", "multiprocessing"}
HARNESS, PYTHON = ROOT / "harness", ROOT / "python"
# What an implementation may import besides the library of its base: (workload, base[__variant]).
_HTTPTOOLS = ("asyncio", "trio", "anyio", "gevent", "threads", "loops", "scratch")
ALSO = {
    (workload, stem): libraries
    for workload in ("http", "drain")
    for stem, libraries in {
        **{base: {"httptools"} for base in _HTTPTOOLS},
        "asyncio__protocol": {"httptools"},
        "asyncio__uvicorn": {"uvicorn"},
        "asyncio__aiohttp": {"aiohttp"},
        "asyncio__h11": {"h11", "httptools"},  # it is the plain implementation with another parser
        "trio__h11": {"h11"},
        "trio__hypercorn": {"hypercorn"},
        "anyio__h11": {"h11"},
        "processes": {"httptools", "asyncio"},  # its workers run the implementation of asyncio
        "processes__uvicorn": {"uvicorn"},
    }.items()
}
ALSO["drain", "processes__uvicorn"] |= {"asyncio"}  # an application of uvicorn sleeps by its loop
_CLIENTS = {
    "asyncio": "aiohttp",
    "loops": "aiohttp",
    "trio": "httpx2",
    "anyio": "httpx2",
    "scratch": "httptools",
    **dict.fromkeys(("sequential", "gevent", "threads", "interpreters", "processes"), "urllib3"),
}
ALSO |= {("fetch", base): {client} for base, client in _CLIENTS.items()}
ALSO |= {("scrape", base): {client, "lxml"} for base, client in _CLIENTS.items()}
ALSO["fetch", "asyncio__httpx2"] = {"httpx2"}
ALSO["fetch", "threads__requests"] = {"requests"}
ALSO["start", "asyncio"] = {"uvloop"}
ALSO["spawn", "anyio"] = {"asyncio", "trio"}  # its backends, whose identities cost next to nothing
# A workload that is another one with additions: it imports what that one's models share, and in
# each model that one's implementation.
BUILDS_ON = {
    "drain": "http",
    "scrape": "fetch",
    "filestream": "fileread",
    "linecount": "fileread",
}
# An implementation that runs another one in its workers.
RUNS = {
    ("http", "on_processes.py"): "on_asyncio.py",
    ("drain", "on_processes.py"): "on_asyncio.py",
    ("http", "on_loops.py"): "on_asyncio.py",
    ("drain", "on_loops.py"): "on_asyncio.py",
    ("echo", "on_loops.py"): "on_asyncio.py",
    ("echo", "on_interpreters.py"): "on_processes.py",
}
# What the models of a workload share may load a parser or server if its name begins with it.
SHARED = {
    workload: set().union(*(also for (other, _), also in ALSO.items() if other == workload))
    - LIBRARIES
    for workload, _ in ALSO
}
SHARED["start"] = LIBRARIES | {"uvloop"}  # start_trio.py is what another interpreter imports


def sources(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if ".venv" not in path.parts)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), shown(path))


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the full names that import statements name: `from a import b` gives `a.b`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that they can be searched for"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def imported(path: Path) -> frozenset[str]:
    """Return all names that a file imports, wherever in it."""
    return frozenset(imports(ast.walk(parsed(path))))


def packages(names: Iterable[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def folder_of(name: str) -> str:
    """Return the folder of harness/ that an imported name comes from: `harness.cli.main` -> cli."""
    parts = name.split(".")[1:]
    while parts and not HARNESS.joinpath(*parts).is_dir():
        parts.pop()
    return "/".join(parts) or "."


def folder_graph() -> dict[str, dict[str, str]]:
    """Return for each folder the folders it imports, each with one file that does."""
    graph: dict[str, dict[str, str]] = {}
    for path in sources(HARNESS):
        own = path.parent.relative_to(HARNESS).as_posix()
        known = graph.setdefault(own, {})
        for name in imported(path):
            if name.startswith("harness.") and folder_of(name) != own:
                known[folder_of(name)] = f"{shown(path)} imports {name}"
    return graph


# --- the harness


def test_every_folder_of_the_harness_has_a_layer_and_a_docstring() -> None:
    folders = {path.parent for path in sources(HARNESS)}
    assert {path.relative_to(HARNESS).as_posix() for path in folders} == set(LEVEL)
    for folder in folders:
        assert ast.get_docstring(parsed(folder / "__init__.py")), shown(folder)


def test_a_folder_imports_only_from_lower_layers() -> None:
    upward = [
        where
        for folder, known in folder_graph().items()
        for other, where in known.items()
        if LEVEL[other] >= LEVEL[folder]
    ]
    assert upward == []


def test_measuring_and_analysing_share_only_records() -> None:
    graph = folder_graph()
    for half, other in (HALVES, HALVES[::-1]):
        for folder, known in graph.items():
            if folder.partition("/")[0] in half:
                assert {name.partition("/")[0] for name in known} & other == set(), folder


def test_the_docstring_of_the_package_names_each_folder_and_it_imports_nothing() -> None:
    package = HARNESS / "__init__.py"
    assert imported(package) == set()
    said = ast.get_docstring(parsed(package)) or ""
    tops = {folder.partition("/")[0] for folder in LEVEL} - {"."}
    assert [folder for folder in sorted(tops) if f"{folder}/" not in said] == []


def test_only_the_figures_draw() -> None:
    drawing = {path.parent for path in sources(HARNESS) if "matplotlib" in packages(imported(path))}
    assert drawing == {HARNESS / "presenting" / "figures"}


# Ids of workloads that are also something else, and the folders in which they may be that.
OTHER_MEANINGS = {
    # a shape of workloads, and a message of the protocol
    "footprint": {"catalog", "measuring", "measuring/runners", "presenting/export", "scaffold"},
    "drain": {"measuring/servers"},  # a kind of load
    "echo": {"catalog", "measuring/servers"},  # an application of the load generator
    "http": {"catalog", "measuring/servers"},  # another one
}
PLAIN_WORDS = {"cancel", "counter", "start", "switch", "timers"}  # may be part of a sentence


def texts(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the string constants of a file that are not docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from () if id(node) in docstrings else (node,)


def named_workloads(tree: ast.Module, folder: str, shipped: set[str]) -> Iterator[str]:
    """Yield where a file in a folder of harness/ names a shipped workload: `3: pingpong`."""
    ambiguous = OTHER_MEANINGS.keys() | PLAIN_WORDS
    for node in texts(tree):
        assert isinstance(node.value, str)
        words = set(re.findall(r"\w+", node.value)) & (shipped - ambiguous)
        words |= {node.value} & shipped & ambiguous
        for word in words:
            if folder not in OTHER_MEANINGS.get(word, ()):
                yield f"{node.lineno}: {word}"


def shipped_workloads() -> set[str]:
    return {path.stem for path in WORKLOADS.glob("*.toml")}


def test_no_module_of_the_harness_names_a_shipped_workload() -> None:
    """What is known about a workload is in its file, so that a new one needs no change here."""
    shipped = shipped_workloads()
    assert OTHER_MEANINGS.keys() | PLAIN_WORDS <= shipped
    named = [
        f"{shown(path)}:{place}"
        for path in sources(HARNESS)
        for place in named_workloads(
            parsed(path), path.parent.relative_to(HARNESS).as_posix(), shipped
        )
    ]
    assert named == []


def test_a_module_that_names_a_shipped_workload_is_found() -> None:
    tree = ast.parse(
        '''"""Not pingpong: this is a docstring."""
IDS = ("pingpong", f"see {1} fanout.toml", "timers fire early", "timers", "footprint")
def function():
    "Not kitchen either."
'''
    )
    everything = {"2: pingpong", "2: fanout", "2: timers", "2: footprint"}
    assert set(named_workloads(tree, "cli", shipped_workloads())) == everything
    in_catalog = set(named_workloads(tree, "catalog", shipped_workloads()))
    assert in_catalog == everything - {"2: footprint"}


# --- the harness and the runners know each other by the protocol alone


def test_the_harness_and_the_python_runner_do_not_import_each_other() -> None:
    for path in sources(PYTHON):
        assert "harness" not in packages(imported(path)), shown(path)
    for path in sources(HARNESS):
        assert not packages(imported(path)) & {"runner", "workloads", *LIBRARIES}, shown(path)


def test_go_imports_nothing_from_outside_its_folder() -> None:
    for path in sorted((ROOT / "go").rglob("*.go")):
        text = path.read_text(encoding="utf-8")
        blocks = re.findall(r'^import\s*(?:\(([^)]*)\)|(?:\w+\s+)?("[^"]+"))', text, re.MULTILINE)
        names = re.findall(r'"([^"]+)"', " ".join(map(" ".join, blocks)))
        assert not [name for name in names if name.startswith(("loombench/harness", ".."))], path
        ours = [name.partition("/")[2] for name in names if name.startswith("loombench/")]
        assert [name for name in ours if not (ROOT / "go" / name).is_dir()] == [], path


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


def test_the_runner_needs_the_standard_library_alone_until_a_model_is_loaded() -> None:
    for path in sources(PYTHON / "runner"):
        foreign = at_module_level(path) - set(sys.stdlib_module_names) - {"runner"}
        assert foreign == set(), shown(path)
        assert at_module_level(path) & LIBRARIES == set(), shown(path)


def test_the_runner_never_loads_an_extension_of_others_before_a_model_does() -> None:
    # One that does not know free threading would switch the GIL on for everything.
    may = {"models.py": LIBRARIES, "footprint.py": {"psutil"}}  # psutil: outside Linux, at the end
    for path in sources(PYTHON / "runner"):
        if path.parent.name == "tracing":  # a traced run is never timed
            continue
        foreign = packages(imported(path)) - set(sys.stdlib_module_names) - {"runner"}
        assert foreign <= may.get(path.name, set()), shown(path)


def workload_files(path: Path) -> set[Path]:
    """Return a file under python/workloads/, what it imports from there, and what those import."""
    found: set[Path] = set()
    waiting = {path}
    while waiting:
        found |= waiting
        names = {name for file in waiting for name in imported(file)}
        modules = {module for name in names for module in (name, name.rpartition(".")[0])}
        files = {PYTHON.joinpath(*module.split(".")).with_suffix(".py") for module in modules}
        ours = {file for file in files if file.is_relative_to(PYTHON / "workloads")}
        waiting = {file for file in ours if file.is_file()} - found
    return found


def libraries_of(path: Path) -> set[str]:
    """Return what a file under python/workloads/ imports, except for what every file may import."""
    ours = {"runner", "workloads"}
    return packages(imported(path)) - ours - (set(sys.stdlib_module_names) - {"asyncio"})


def library_of(base: str) -> str:
    return "asyncio" if base == "loops" else base


def test_an_implementation_imports_its_own_library_and_no_other() -> None:
    for path in sorted(PYTHON.glob("workloads/*/on_*.py")):
        stem = path.stem.removeprefix("on_")
        base, also = stem.partition("__")[0], ALSO.get((path.parent.name, stem), set())
        libraries = {name for file in workload_files(path) for name in libraries_of(file)}
        assert libraries <= {library_of(base)} | also, shown(path)


def test_a_probe_imports_its_own_library_and_no_other() -> None:
    for path in sorted(PYTHON.glob("behaviours/*/*.py")):
        base = path.stem.removeprefix("on_")
        libraries = packages(imported(path)) & LIBRARIES
        assert libraries <= {base, "multiprocessing"}, shown(path)


def test_a_workload_imports_from_itself_and_the_one_it_builds_on() -> None:
    for path in sorted(PYTHON.glob("workloads/*/*.py")):
        workload = path.parent.name
        for file in workload_files(path) - {path}:
            assert file.parent.name in {workload, BUILDS_ON.get(workload)}, shown(path)
            if file.name.startswith("on_"):
                may_run = RUNS.get((workload, path.name))
                is_own = file.parent.name == BUILDS_ON.get(workload) and file.name == path.name
                # on_threads__pinned runs on_threads in another way.
                is_variant_of = file.parent == path.parent and path.stem.startswith(file.stem)
                assert is_own or is_variant_of or file.name == may_run, shown(path)


def test_code_shared_by_the_models_of_a_workload_loads_no_library_of_a_model() -> None:
    for path in PYTHON.glob("workloads/*/*.py"):
        if not path.name.startswith("on_"):
            named_after = {library_of(word) for word in path.stem.split("_")}
            allowed = SHARED.get(path.parent.name, set()) & (named_after | {"uvloop"})
            assert libraries_of(path) <= allowed, shown(path)


# --- files


@cache
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


def test_lock_files_contain_no_download_address() -> None:
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


def test_files_that_a_build_generates_are_ignored_by_git() -> None:
    generated = re.compile(r"^// Code generated .* DO NOT EDIT\.$", re.MULTILINE)
    assert [name for name, text in tracked().items() if generated.search(text)] == []
