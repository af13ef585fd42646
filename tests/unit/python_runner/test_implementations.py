"""runner.implementations: a file's name says what it is; what is missing is said with near ones."""

from __future__ import annotations

import sys
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from runner import implementations
from runner.wire import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[str]], Path]:
    """Make a repository with these files under python/workloads/."""

    def make(files: Iterable[str]) -> Path:
        for file in files:
            path = tmp_path / "python" / "workloads" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("def run(params, probe):\n    return 0\n", encoding="utf-8")
        return tmp_path

    monkeypatch.setattr(implementations, "ROOT", tmp_path / "python")
    monkeypatch.setattr(implementations, "WORKLOADS", tmp_path / "python" / "workloads")
    return make


def found() -> list[tuple[str, str, str]]:
    return [(one.workload, one.model, one.variant) for one in implementations.find()]


def test_a_file_is_one_implementation_on_each_model_of_its_base(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_asyncio.py", "fanout/on_threads.py"])
    assert found() == [
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
def test_the_variant_is_what_follows_two_underscores(
    tree: Callable[[Iterable[str]], Path], file: str, variant: str
) -> None:
    tree([f"fanout/{file}"])
    assert found() == [("fanout", "trio", variant)]


def test_files_that_are_not_named_as_implementations_are_not_found(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/helper.py", "fanout/__init__.py", "fanout/on_trio.txt", "on_trio.py"])
    assert found() == []


def test_implementations_come_in_the_order_of_their_names(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["b/on_trio.py", "a/on_trio.py", "a/on_scratch.py"])
    assert found() == [("a", "scratch", ""), ("a", "trio", ""), ("b", "trio", "")]


def test_an_unknown_base_is_refused_with_the_known_ones(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_twisted__fast.py"])
    with pytest.raises(ValueError) as refused:
        list(implementations.find())
    assert str(refused.value) == (
        "python/workloads/fanout/on_twisted__fast.py: found base 'twisted', expected one of"
        " anyio, asyncio, processes, scratch, sequential, threads, trio"
    )


def test_a_file_named_after_a_base_alone_is_refused_and_helpers_are_not(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py", "fanout/beside.py"])
    assert found() == [("fanout", "trio", "")]
    tree(["fanout/asyncio__fast.py"])
    with pytest.raises(ValueError, match=r"asyncio__fast\.py: .* expected on_asyncio__fast\.py;"):
        list(implementations.find())


def test_libraries_are_those_that_models_need_and_that_implementations_import(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    files = ["fanout/on_trio.py", "http/on_asyncio.py", "http/on_anyio.py"]
    root = tree(files) / "python" / "workloads"
    (root / "http/on_asyncio.py").write_text(
        "import os, httptools.parser\nfrom runner import x\nfrom workloads.http import y\n"
        "import no_such_library\ndef run():\n    from aiohttp import web\n"
    )
    (root / "http/on_anyio.py").write_text("def run(:\n")
    assert implementations.libraries() == {
        name: metadata.version(name) for name in ("aiohttp", "anyio", "httptools", "trio", "uvloop")
    }


def test_sources_are_described_relative_to_the_repository(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py"])
    assert implementations.described() == [
        {
            "workload": "fanout",
            "model": "trio",
            "variant": "",
            "source": "python/workloads/fanout/on_trio.py",
        }
    ]


@pytest.mark.parametrize(
    ("workload", "model", "variant", "says"),
    [
        ("fanuot", "trio", "", "no implementation fanuot/on_trio.py; there is: fanout/on_trio.py"),
        ("fanout", "asyncio", "futurs", "there is: fanout/on_asyncio__futures.py"),
        ("fanout", "threads", "", "no implementation fanout/on_threads.py; there is: "),
        ("../fanout", "trio", "", "no implementation ../fanout/on_trio.py; there is: "),
    ],
)
def test_what_is_not_there_is_refused_with_the_near_matches(
    tree: Callable[[Iterable[str]], Path], workload: str, model: str, variant: str, says: str
) -> None:
    tree(["fanout/on_trio.py", "fanout/on_asyncio.py", "fanout/on_asyncio__futures.py"])
    with pytest.raises(Refused) as refused:
        implementations.load(workload, model, variant)
    assert says in str(refused.value)


def test_what_resembles_nothing_is_refused_with_all_there_is(
    tree: Callable[[Iterable[str]], Path],
) -> None:
    tree(["fanout/on_trio.py", "kitchen/on_scratch.py"])
    with pytest.raises(Refused, match=r"there is: fanout/on_trio.py, kitchen/on_scratch.py$"):
        implementations.load("quuxquuxquuxquuxquux", "processes", "zzz")


def test_the_file_of_the_base_is_loaded_for_each_of_its_models() -> None:
    for model in ("asyncio", "uvloop"):
        module = implementations.load("noop", model, "")
        assert module.__name__ == "workloads.noop.on_asyncio"
        assert sys.modules[module.__name__] is module


def test_every_file_in_this_repository_has_a_known_base() -> None:
    workloads = {one.workload for one in implementations.find()}
    assert workloads == {path.parent.name for path in implementations.WORKLOADS.glob("*/on_*.py")}
