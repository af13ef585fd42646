"""What a run stores of its traces: events, from which the same lanes are built again."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.errors import Problem
from harness.traces import store
from tests.support.traces import recording, traced, two_tasks


def test_what_was_stored_is_read_as_the_same_lanes(tmp_path: Path) -> None:
    stored = traced(recording("asyncio"), recording("trio", events=(), missing="no trio here"))
    store.write(tmp_path, stored.heading, stored.recordings)
    assert store.read(tmp_path) == stored
    (one,) = store.of_run(tmp_path).values()
    assert one.traces == {"asyncio": two_tasks()}
    assert one.missing == {"trio": "no trio here"}
    assert one.lesson == "In asyncio, only one runs at a time."


def test_a_run_without_traces_and_a_scene_that_nobody_recorded_have_none(tmp_path: Path) -> None:
    assert store.read(tmp_path) is None
    assert store.of_run(tmp_path) == {}
    assert store.by_scene(traced(recording("asyncio", missing="it failed"))) == {}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text.replace(b'"runs"', b'"flies"'), "not a file of traces"),
        (
            # Headings and records of a later schema have other fields.
            lambda _text: b'{"kind":"heading","schema_version":9}\n{"kind":"moment"}\n',
            r"found schema_version 9, expected 1; record again, or read it with the Loombench that",
        ),
        (lambda text: text.replace(b'"done",2', b'"done",7'), "duo on asyncio: lane 7"),
        (lambda _text: b"", "not a file of traces"),
    ],
    ids=["nonsense", "later", "impossible", "empty"],
)
def test_a_file_that_is_damaged_says_so(tmp_path: Path, change, complaint: str) -> None:  # type: ignore[no-untyped-def]
    stored = traced(recording("asyncio"))
    store.write(tmp_path, stored.heading, stored.recordings)
    path = tmp_path / store.FILE
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(Problem, match=complaint):
        store.of_run(tmp_path)


def test_an_interrupted_recording_leaves_no_file(tmp_path: Path) -> None:
    def stops():  # type: ignore[no-untyped-def]
        yield recording("asyncio")
        raise Problem("interrupted")

    with pytest.raises(Problem, match="interrupted"):
        store.write(tmp_path, traced().heading, stops())
    assert list(tmp_path.iterdir()) == []


def test_a_trace_without_lanes_is_no_trace() -> None:
    with pytest.raises(Problem, match="found no lane"):
        store.by_scene(traced(structs.replace(recording("asyncio"), events=())))
