"""What the implementations of the file workloads share: files, their removal, and proofs."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import anyio
import anyio.lowlevel
import pytest
import trio

from runner.proof import current_place
from runner.work import Params, Unsupported
from workloads.fileread import files, page_cache, places
from workloads.filestream import chunks
from workloads.filestream.turns import Turns
from workloads.linecount import text_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

MAKERS: list[tuple[Callable[[Params], AbstractContextManager[Any]], dict[str, int | str]]] = [
    (files.make_files, {"files": 2, "file_bytes": 10, "cache": "warm"}),
    (chunks.make_file, {"file_bytes": 2048, "chunk_bytes": 1024}),
    (text_files.make_files, {"files": 2, "lines": 3}),
]


@pytest.mark.parametrize(("make", "params"), MAKERS)
def test_files_are_removed_also_after_an_error(
    make: Callable[[Params], AbstractContextManager[Any]],
    params: dict[str, int | str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    def fail() -> None:
        with make(Params(params)):
            seen.extend(tmp_path.iterdir())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert len(seen) == 1
    assert list(tmp_path.iterdir()) == []


def test_only_the_right_content_counts_and_each_file_counts_once() -> None:
    with files.make_files(Params({"files": 3, "file_bytes": 10, "cache": "warm"})) as made:
        first, second, third = map(files.digest_file, made.paths)
        assert made.add_numbers([first, second, third]) == 1 + 2 + 3
        assert made.add_numbers([second, second, second]) == 2
        made.paths[0].write_bytes(b"other")
        assert made.add_numbers([files.digest_file(made.paths[0])]) == 0


def test_a_job_is_counted_where_it_ran() -> None:
    with ThreadPoolExecutor(1) as pool:
        elsewhere = pool.submit(current_place).result()
    here = current_place()
    foreign = (here[0] + 1, here[1])
    all_places = [here, elsewhere, elsewhere, foreign, foreign, foreign]
    assert places.count_here(all_places) == 1
    assert places.count_in_threads(all_places) == 2
    assert places.count_in_processes(all_places) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux removes files from its cache")
def test_a_cold_file_is_not_in_the_page_cache_and_a_warm_one_is() -> None:
    params = {"files": 2, "file_bytes": 100_000}
    with files.make_files(Params({**params, "cache": "warm"})) as warm:
        assert [page_cache.count_pages(path) > 0 for path in warm.paths] == [True, True]
    try:
        with files.make_files(Params({**params, "cache": "cold"})) as cold:
            assert [page_cache.count_pages(path) for path in cold.paths] == [0, 0]
    except Unsupported as reason:
        pytest.skip(str(reason))


def test_a_system_that_keeps_files_in_memory_is_unsupported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    monkeypatch.setattr(page_cache, "count_pages", lambda _: 1)
    with pytest.raises(Unsupported, match="stayed in the page cache"):
        page_cache.drop(path)


async def _wait(times: int) -> str:
    for _ in range(times):
        await anyio.lowlevel.checkpoint()
    return "done"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_turns_are_counted_on_any_loop_and_the_result_comes_back(backend: str) -> None:
    async def main() -> tuple[str, int]:
        turns = Turns(_wait(3))
        return await turns, turns.left

    result, left = anyio.run(main, backend=backend)
    assert result == "done"
    assert left >= 3


def test_a_coroutine_that_never_waits_leaves_no_turn() -> None:
    async def main() -> int:
        turns = Turns(_wait(0))
        await turns
        return turns.left

    assert asyncio.run(main()) == 0


def test_a_cancellation_reaches_the_counted_coroutine() -> None:
    async def main() -> bool:
        with trio.CancelScope() as scope:
            scope.cancel()
            await Turns(_wait(1))
        return scope.cancelled_caught

    assert trio.run(main)
