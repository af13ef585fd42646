"""The file of observations: complete or absent, and refused if it is damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.behaviours import store
from harness.errors import Problem
from tests.support.observations import heading, observation, observed


def test_what_is_written_is_read(tmp_path: Path) -> None:
    expected = observed({"asyncio": ["one", "other"], "go": ["process dies"]})
    written = store.write(tmp_path / "new", expected.heading, expected.observations)
    assert written == store.read(tmp_path / "new") == expected
    assert list(expected.questions) == ["demo"]


def test_a_compressed_file_is_read_and_one_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    expected = observed({"asyncio": ["one", "other"]})
    store.write(tmp_path, expected.heading, expected.observations)
    store.pack(tmp_path)
    (packed,) = tmp_path.iterdir()
    assert store.read(tmp_path) == expected
    packed.write_bytes(packed.read_bytes()[:-9])
    with pytest.raises(Problem, match="not a file of observations"):
        store.read(tmp_path)
    store.pack(tmp_path)
    assert store.read(tmp_path) is None


def test_a_folder_without_observations_has_none(tmp_path: Path) -> None:
    assert store.read(tmp_path) is None


def test_an_interrupted_write_keeps_what_was_there(tmp_path: Path) -> None:
    before = store.write(tmp_path, heading(), [observation("asyncio", "one")])

    def interrupted():
        yield observation("asyncio", "other")
        raise Problem("interrupted")

    with pytest.raises(Problem, match="interrupted"):
        store.write(tmp_path, heading(), interrupted())
    assert store.read(tmp_path) == before
    assert [path.name for path in tmp_path.iterdir()] == [store.FILE]


@pytest.mark.parametrize("text", ["", "{}\n", "nonsense\n", '{"kind": "heading"}\n'])
def test_a_damaged_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / store.FILE).write_text(text)
    with pytest.raises(Problem, match=r"not a file of observations|another heading"):
        store.read(tmp_path)


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    store.write(tmp_path, heading(schema_version=99), [])
    with pytest.raises(Problem, match="found schema_version 99, expected 1; observe again"):
        store.read(tmp_path)


def test_a_place_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match="cannot be written"):
        store.write(tmp_path / "file", heading(), [])
