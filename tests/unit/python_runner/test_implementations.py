"""runner.implementations: files are found by name; errors list what is available."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from runner import implementations
from runner.wire import Refused
from tests.support.implementations import GREENLETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[str]], Path]:
    """Return a function that creates a repository with files under python/workloads/."""

    def make(files: Iterable[str]) -> Path:
        for file in files:
            path = tmp_path / "python" / "workloads" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("def run(params, probe):\n    return 0\n", encoding="utf-8")
        return tmp_path

    monkeypatch.setattr(implementations, "ROOT", tmp_path / "python")
    monkeypatch.setattr(implementations, "WORKLOADS", tmp_path / "python" / "workloads")
    return make


def found_names() -> list[tuple[str, str, str]]:
    return [(found.workload, found.model, found.variant) for found in implementations.find()]


def test_a_file_is_an_implementation_on_each_model_of_its_base(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_asyncio.py", "fanout/on_threads.py"])
    assert found_names() == [
        ("fanout", "asyncio", ""),
        ("fanout", "asyncio-eager", ""),
        ("fanout", "uvloop", ""),
        ("fanout", "threads", ""),
    ]


@pytest.mark.parametrize(
    ("file", "variant"),
    [
        ("on_trio.py", ""),
        ("on_trio__futures.py", "futures"),
        ("on_trio__two_words.py", "two_words"),
    ],
)
def test_the_variant_follows_two_underscores(
    tree: Callable[[Iterable[str]], Path], file: str, variant: str
) -> None:
    tree([f"fanout/{file}"])
    assert found_names() == [("fanout", "trio", variant)]


def test_other_files_are_not_implementations(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/helper.py", "fanout/__init__.py", "fanout/on_trio.txt", "on_trio.py"])
    assert found_names() == []


def test_implementations_are_sorted_by_name(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["b/on_trio.py", "a/on_trio.py", "a/on_scratch.py"])
    assert found_names() == [("a", "scratch", ""), ("a", "trio", ""), ("b", "trio", "")]


def test_the_error_for_an_unknown_base_lists_the_known_ones(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_twisted__fast.py"])
    with pytest.raises(ValueError) as refused:
        list(implementations.find())
    assert str(refused.value) == (
        "python/workloads/fanout/on_twisted__fast.py: found base 'twisted', expected one of"
        " anyio, asyncio, gevent, interpreters, loops, processes, scratch, sequential, threads,"
        " trio"
    )


def test_a_file_named_after_a_base_is_refused_and_a_helper_is_not(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py", "fanout/helper.py"])
    assert found_names() == [("fanout", "trio", "")]
    tree(["fanout/asyncio__fast.py"])
    with pytest.raises(ValueError, match=r"asyncio__fast\.py: .* expected on_asyncio__fast\.py;"):
        list(implementations.find())


def test_versions_are_of_libraries_that_models_need_or_implementations_import(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    files = ["fanout/on_trio.py", "http/on_asyncio.py", "http/on_anyio.py"]
    root = tree(files) / "python" / "workloads"
    (root / "http/on_asyncio.py").write_text(
        "import os, httptools.parser\nfrom runner import x\nfrom workloads.http import y\n"
        "import no_such_library\ndef run():\n    from aiohttp import web\n"
    )
    (root / "http/on_anyio.py").write_text("def run(:\n")
    wanted = ["aiohttp", "anyio", "httptools", "trio", "uvloop", *GREENLETS]
    assert implementations.find_versions() == {name: metadata.version(name) for name in wanted}


def test_sources_are_described_relative_to_the_repository(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py"])
    assert implementations.describe_all() == [
        {
            "workload": "fanout",
            "model": "trio",
            "variant": "",
            "source": "python/workloads/fanout/on_trio.py",
            "files": [],
        }
    ]


def files_of(source: str) -> list[str]:
    """Return the other files of an implementation, below python/workloads/."""
    (files,) = {
        tuple(described["files"])
        for described in implementations.describe_all()
        if described["source"] == f"python/workloads/{source}"
    }
    return [file.removeprefix("python/workloads/") for file in files]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("from workloads.http import first", ["http/first.py"]),
        ("from workloads.http import first as other, third", ["http/first.py", "http/third.py"]),
        ("from workloads.http.first import anything", ["http/first.py"]),
        ("import workloads.http.first", ["http/first.py"]),
        ("from . import own", ["drain/own.py"]),
        ("from .own import anything", ["drain/own.py"]),
        ("def run():\n    from workloads.http import first", ["http/first.py"]),
        ("from workloads.drain import second", ["drain/own.py", "drain/second.py"]),
        ("from workloads.http.on_trio import serve", ["http/first.py", "http/on_trio.py"]),
        ("from workloads.drain import circle", ["drain/circle.py"]),
        ("from workloads.http import absent", []),
        ("from workloads.http import *", []),
        ("from ..... import own", []),
        ("import first, workloads, trio\nfrom runner import work", []),
        ("def run(:", []),
    ],
)
def test_the_files_of_an_implementation_are_those_that_it_imports_from_the_workloads(
    tree: Callable[[Iterable[str]], Path], text: str, files: list[str]
) -> None:
    shared = ["http/first.py", "http/third.py", "drain/own.py", "drain/second.py"]
    sources = ["drain/on_trio.py", "http/on_trio.py", "drain/circle.py"]
    root = tree([*shared, *sources]) / "python" / "workloads"
    (root / "drain/second.py").write_text("import workloads.drain.own\nraise SystemExit")
    (root / "http/on_trio.py").write_text("from workloads.http.first import anything")
    (root / "drain/circle.py").write_text("from workloads.drain import circle, on_trio")
    (root / "drain/on_trio.py").write_text(text)
    assert files_of("drain/on_trio.py") == files


def test_shared_code_in_this_repository_is_among_the_files() -> None:
    assert files_of("heartbeat/on_trio.py") == ["heartbeat/background.py"]
    assert files_of("drain/on_threads.py") == [
        "drain/sigterm.py",
        "http/httptools_parser.py",
        "http/on_threads.py",
        "http/response.py",
    ]


@pytest.mark.parametrize(
    ("workload", "model", "variant", "message"),
    [
        ("fanuot", "trio", "", "no implementation fanuot/on_trio.py; available: fanout/on_trio.py"),
        ("fanout", "asyncio", "futurs", "available: fanout/on_asyncio__futures.py"),
        ("fanout", "threads", "", "no implementation fanout/on_threads.py; available: "),
        ("../fanout", "trio", "", "no implementation ../fanout/on_trio.py; available: "),
    ],
)
def test_the_error_for_a_missing_implementation_lists_similar_ones(
    tree: Callable[[Iterable[str]], Path], workload: str, model: str, variant: str, message: str
) -> None:
    tree(["fanout/on_trio.py", "fanout/on_asyncio.py", "fanout/on_asyncio__futures.py"])
    with pytest.raises(Refused) as refused:
        implementations.load(workload, model, variant)
    assert message in str(refused.value)


def test_the_error_lists_all_implementations_if_none_is_similar(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py", "kitchen/on_scratch.py"])
    with pytest.raises(Refused, match=r"available: fanout/on_trio.py, kitchen/on_scratch.py$"):
        implementations.load("quuxquuxquuxquuxquux", "processes", "zzz")


def test_each_model_loads_the_file_of_its_base() -> None:
    for model in ("asyncio", "uvloop"):
        module = implementations.load("noop", model, "")
        assert module.__name__ == "workloads.noop.on_asyncio"
        assert sys.modules[module.__name__] is module


def test_every_file_in_this_repository_has_a_known_base() -> None:
    workloads = {found.workload for found in implementations.find()}
    assert workloads == {path.parent.name for path in implementations.WORKLOADS.glob("*/on_*.py")}
