"""The part of the bench that adds an implementation: what it holds to be added, and what not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import adding
from tests.support import scaffolding

WRONG = '''"""Answers at once."""


async def run(params, probe):
    return 0
'''


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scaffolding.copied(tmp_path_factory.mktemp("copy"))


def test_an_implementation_with_a_wrong_answer_does_not_count_as_added(root: Path) -> None:
    found, _ = adding.added(root, "python/workloads/pingpong/on_asyncio__wrong.py", WRONG)
    assert not found


def test_an_implementation_that_is_not_found_does_not_count_as_added(root: Path) -> None:
    _, code = scaffolding.walk_through()
    found, _ = adding.added(root, "python/workloads/pingpong/asyncio__lost.py", code)
    assert not found


def test_the_row_names_the_bar_and_holds_it() -> None:
    ((what, measured, bar, holds),) = adding.rows()
    assert what == "a new implementation following README, on_asyncio__events.py"
    assert measured.startswith(
        f"1 file, {len(scaffolding.walk_through()[1].splitlines())} lines, conforms "
    )
    assert bar == "one file, at most 30 lines, no registration"
    assert holds


def test_one_that_is_too_long_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    file, code = scaffolding.walk_through()
    monkeypatch.setattr(scaffolding, "walk_through", lambda: (file, code + "\n" * 30))
    monkeypatch.setattr(scaffolding, "copied", lambda folder: folder)
    monkeypatch.setattr(scaffolding, "do", lambda *_: None)
    monkeypatch.setattr(adding, "added", lambda *_: (True, 1.0))
    ((_, _, _, holds),) = adding.rows()
    assert not holds
