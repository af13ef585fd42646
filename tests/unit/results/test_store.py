"""The run directory: what is measured stays, whatever happens to the machine."""

from __future__ import annotations

import errno
import os
import shutil
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import Exit, Problem
from harness.results import store
from harness.results.records import Phase
from harness.results.store import PACKED_FILE, RUN_FILE, TRIALS_FILE, RunWriter
from tests.support.factories import cell, examples, run, trial

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.results.records import Trial

THREE = (
    trial("asyncio", 0),
    trial("threads", 0, message="zu früh — 早すぎる"),
    trial("trio", 1, observed={"in_flight": 3}),
)
LATER = trial("asyncio", 2)
WRITTEN = b"".join(msgspec.json.encode(trial_) + b"\n" for trial_ in THREE)


def write(folder: Path, trials: Sequence[Trial]) -> None:
    """Append trials to a run directory and close it."""
    with closing(RunWriter(folder)) as writer:
        for trial_ in trials:
            writer.append(trial_)


def read(folder: Path) -> tuple[list[Trial], list[str]]:
    """Return the trials of a run directory, and the warnings."""
    warnings: list[str] = []
    return list(store.read_trials(folder, warnings)), warnings


def make(out: Path, id_: str = "20260102T030405Z-host") -> Path:
    """Make a run directory without trials."""
    with closing(RunWriter.create(out, run([cell()], id_=id_))) as writer:
        return writer.folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path / "results")


# Trials


def test_trials_are_read_as_they_were_written_and_in_their_order(folder: Path) -> None:
    write(folder, THREE)
    assert read(folder) == (list(THREE), [])


def test_a_reopened_run_is_appended_to(folder: Path) -> None:
    for trial_ in THREE:
        write(folder, [trial_])
    assert read(folder) == (list(THREE), [])


def test_a_trial_is_on_the_disk_when_append_returns(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []
    path = folder / TRIALS_FILE
    monkeypatch.setattr(os, "fsync", lambda _: synced.append(path.read_bytes()))
    write(folder, THREE[:2])
    lines = WRITTEN.splitlines(keepends=True)
    assert synced == [lines[0], lines[0] + lines[1]]


def test_a_run_without_trials_has_none(folder: Path) -> None:
    (folder / TRIALS_FILE).unlink()
    assert read(folder) == ([], [])


@given(cut=st.integers(0, len(WRITTEN)))
@examples(100)
def test_any_truncation_leaves_the_first_trials_and_at_most_one_warning(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    data = WRITTEN[:cut]
    (folder / TRIALS_FILE).write_bytes(data)
    whole = data.count(b"\n")
    torn = not data.endswith(b"\n") and data != b""
    trials, warnings = read(folder)
    assert trials == list(THREE[:whole])
    assert warnings == (
        [f"trials.jsonl:{whole + 1}: the last line is torn and was ignored"] if torn else []
    )


@given(cut=st.integers(0, len(WRITTEN)))
@examples(60)
def test_reopening_truncates_a_torn_last_line_and_keeps_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    data = WRITTEN[:cut]
    (folder / TRIALS_FILE).write_bytes(data)
    write(folder, [LATER])
    assert read(folder) == ([*THREE[: data.count(b"\n")], LATER], [])


def test_a_torn_line_longer_than_one_read_is_truncated_too(folder: Path) -> None:
    write(folder, THREE)
    with (folder / TRIALS_FILE).open("ab") as file:
        file.write(b"{" * 200_000)
    write(folder, [LATER])
    assert read(folder) == ([*THREE, LATER], [])


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b"[]",
        b"not JSON",
        b'{"cell": {"workload": "\xff"}}',
        b"\0" * 80,
        WRITTEN.splitlines()[0].replace(b'"operations":10', b'"operations":0'),
    ],
    ids=["empty", "no trial", "no object", "no JSON", "no UTF-8", "zeros", "no operation"],
)
def test_a_bad_line_in_the_middle_is_a_problem_with_its_number(folder: Path, line: bytes) -> None:
    write(folder, THREE)
    path = folder / TRIALS_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], line + b"\n", *lines[1:]]))
    with pytest.raises(Problem) as caught:
        read(folder)
    assert str(caught.value).startswith(f"{path}:2: not a trial: ")


def test_trials_that_cannot_be_read_are_a_problem(folder: Path) -> None:
    (folder / TRIALS_FILE).unlink()
    (folder / TRIALS_FILE).mkdir()
    with pytest.raises(Problem, match=r"trials\.jsonl: cannot be read: Is a directory"):
        read(folder)


def test_a_pipe_in_the_place_of_the_trials_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / store.TRIALS_FILE)
    with pytest.raises(Problem, match="found a pipe, expected a file"):
        list(store.read_trials(tmp_path, []))


# Writing that fails


class Full:
    """A file on a disk that takes so many bytes more."""

    def __init__(self, path: Path, room: int, at_once: int) -> None:
        self._file = path.open("ab", buffering=0)
        self._room = room
        self._at_once = at_once

    def write(self, data: bytes) -> int:
        taken = min(len(data), self._room, self._at_once)
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._room -= taken
        return self._file.write(data[:taken])

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def on_disk(writer: RunWriter, room: int, at_once: int = 2**20) -> None:
    writer.close()
    writer._file = Full(writer.folder / TRIALS_FILE, room, at_once)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_full_disk_is_a_problem_that_says_what_is_kept_and_how_to_continue(
    folder: Path, room: int
) -> None:
    write(folder, THREE[:1])
    with closing(RunWriter(folder)) as writer:
        on_disk(writer, room)
        with pytest.raises(Problem) as caught:
            writer.append(THREE[1])
    assert str(caught.value) == (
        f"{folder / TRIALS_FILE}: cannot be written: No space left on device;"
        " earlier trials are kept; free some space and continue with --resume"
    )
    assert caught.value.code is Exit.NOT_POSSIBLE
    write(folder, THREE[2:])
    assert read(folder) == ([THREE[0], THREE[2]], [])


def test_a_disk_that_is_full_on_syncing_is_a_problem_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> NoReturn:
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    with closing(RunWriter(folder)) as writer:
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(Problem, match="earlier trials are kept"):
            writer.append(THREE[0])


def test_a_line_is_written_whole_despite_short_writes(folder: Path) -> None:
    with closing(RunWriter(folder)) as writer:
        on_disk(writer, room=2**20, at_once=7)
        writer.append(THREE[0])
        writer.append(THREE[1])
    assert read(folder) == (list(THREE[:2]), [])


def test_a_disk_that_is_nearly_full_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5 * 2**20))
    with pytest.raises(Problem, match="found 5 MiB free, expected at least 32 MiB") as caught:
        RunWriter.create(tmp_path, run())
    assert caught.value.code is Exit.NOT_POSSIBLE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", [".", "a", "a/b"])
def test_an_unwritable_directory_is_a_problem_with_advice(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("not a directory", encoding="utf-8")
    with pytest.raises(Problem, match=r"cannot be written: .*; choose another") as caught:
        RunWriter.create(tmp_path / "file" / below, run())
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_an_existing_run_is_never_overwritten(tmp_path: Path) -> None:
    write(make(tmp_path), THREE)
    with pytest.raises(Problem, match="a run of this name exists"):
        make(tmp_path)
    assert read(tmp_path / "latest") == (list(THREE), [])


# latest


def test_latest_is_the_run_that_was_made_last(tmp_path: Path) -> None:
    for id_ in ("20260102T030405Z-host", "20260101T000000Z-host"):
        folder = make(tmp_path, id_)
        assert store.find_run(tmp_path) == folder
    assert (tmp_path / "latest").readlink() == Path("20260101T000000Z-host")
    assert len(list(tmp_path.iterdir())) == 3


def test_latest_may_point_to_a_run_that_is_gone(tmp_path: Path) -> None:
    shutil.rmtree(make(tmp_path, "gone"))
    another = make(tmp_path, "another")
    assert store.find_run(tmp_path) == another


@pytest.fixture
def with_a_directory_called_latest(tmp_path: Path) -> Path:
    (tmp_path / "latest").mkdir()
    (tmp_path / "latest" / "mine.txt").write_text("mine", encoding="utf-8")
    return tmp_path


def test_a_directory_called_latest_is_refused_and_stays(
    with_a_directory_called_latest: Path,
) -> None:
    latest = with_a_directory_called_latest / "latest"
    with pytest.raises(Problem) as caught:
        RunWriter.create(with_a_directory_called_latest, run())
    assert str(caught.value) == f"{latest}: found a directory, expected a link; move it away"
    assert [path.name for path in latest.iterdir()] == ["mine.txt"]


def test_a_run_that_is_refused_leaves_nothing_behind(
    with_a_directory_called_latest: Path,
) -> None:
    with pytest.raises(Problem):
        RunWriter.create(with_a_directory_called_latest, run())
    assert [path.name for path in with_a_directory_called_latest.iterdir()] == ["latest"]


# Finding a run


def test_a_run_is_found_by_its_name_by_its_path_and_as_the_latest(tmp_path: Path) -> None:
    out = tmp_path / "results"
    first, last = make(out, "first"), make(out, "last")
    assert store.find_run(out) == last
    assert store.find_run(out, "latest") == last
    assert store.find_run(out, "first") == first
    assert store.find_run(out, str(first)) == first
    assert store.find_run(tmp_path / "elsewhere", str(out / "latest")) == last


def test_a_relative_path_starts_at_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert store.find_run(tmp_path / "results", f"elsewhere/{folder.name}") == folder


def test_an_unknown_run_is_a_problem_with_the_existing_runs(tmp_path: Path) -> None:
    make(tmp_path, "first")
    make(tmp_path, "second")
    with pytest.raises(Problem) as caught:
        store.find_run(tmp_path, "third")
    assert str(caught.value).startswith(f"no run at {tmp_path / 'third'}; there is: first, ")
    assert "second" in str(caught.value)


@pytest.mark.parametrize("out", [".", "absent"])
def test_without_runs_the_message_says_how_to_make_one(tmp_path: Path, out: str) -> None:
    with pytest.raises(Problem, match=r"no run at .*latest; make one with: loombench run"):
        store.find_run(tmp_path / out)


# run.json


def test_a_run_is_read_as_it_was_written(folder: Path) -> None:
    assert store.read_run(folder) == run([cell()])


def test_a_run_of_a_newer_schema_version_is_refused_with_both_versions(folder: Path) -> None:
    path = folder / RUN_FILE
    text = path.read_text(encoding="utf-8")
    newer = text.replace('"schema_version": 2', '"schema_version": 3').replace('"seed"', '"seeds"')
    path.write_text(newer, encoding="utf-8")
    with pytest.raises(Problem) as caught:
        store.read_run(folder)
    assert str(caught.value) == (
        f"{path}: schema_version: found 3, expected at most 2; read it with the Loombench that"
        " wrote it"
    )
    assert caught.value.code is Exit.NOT_POSSIBLE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"{}",
        b'{"schema_version": 1}',
        b'{"a": "\xff", "schema_version": 1}',
    ],
    ids=["empty", "cut", "list", "number", "no version", "no fields", "no UTF-8"],
)
def test_a_damaged_run_file_is_a_problem_with_its_path(folder: Path, data: bytes) -> None:
    path = folder / RUN_FILE
    path.write_bytes(data)
    with pytest.raises(Problem) as caught:
        store.read_run(folder)
    assert str(caught.value).startswith(f"{path}: not a run file: ")


def test_a_run_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"run\.json: cannot be read: No such file"):
        store.read_run(tmp_path)


def test_a_stored_trial_without_a_probe_has_no_such_key(tmp_path: Path) -> None:
    writer = store.RunWriter.create(tmp_path, run([cell()]))
    writer.append(trial())
    writer.append(trial(block=1, probe_ns=5))
    writer.close()
    lines = (writer.folder / store.TRIALS_FILE).read_text().splitlines()
    assert ["probe_ns" in msgspec.json.decode(line) for line in lines] == [False, True]
    assert [stored.probe_ns for stored in store.read_trials(writer.folder, [])] == [None, 5]


def test_a_run_has_one_writer_and_who_writes_is_named(folder: Path) -> None:
    with closing(RunWriter(folder)), pytest.raises(Problem) as caught:
        RunWriter(folder)
    assert str(caught.value).startswith(
        f"{folder.name} is being measured by process {os.getpid()} since "
    )
    assert caught.value.code is Exit.NOT_POSSIBLE
    write(folder, THREE)  # the first has ended


def test_a_trial_that_is_there_twice_is_refused_with_both_lines(folder: Path) -> None:
    write(folder, (*THREE, THREE[1]))
    with pytest.raises(Problem, match=r"trials\.jsonl:4: found .* in line 2 too"):
        read(folder)


# --- a run that is only read


def test_a_compressed_run_reads_as_the_same_and_nothing_is_added_to_it(
    folder: Path, tmp_path: Path
) -> None:
    run_, packed = store.read_run(folder), tmp_path / "packed"
    store.write_packed(packed, run_, THREE)
    first = (packed / PACKED_FILE).read_bytes()
    store.write_packed(packed, run_, THREE)
    assert (packed / PACKED_FILE).read_bytes() == first
    assert store.read_run(packed) == run_
    assert read(packed) == (list(THREE), [])
    with pytest.raises(Problem, match="found compressed trials"):
        RunWriter(packed)
    assert not (packed / TRIALS_FILE).exists()


@pytest.mark.parametrize("keep", [5, 40])
def test_compressed_trials_that_are_cut_short_are_a_problem(folder: Path, keep: int) -> None:
    store.write_packed(folder, store.read_run(folder), THREE)
    path = folder / PACKED_FILE
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(Problem, match=r"trials\.jsonl\.gz: cannot be read: "):
        read(folder)


def test_latencies_of_a_closed_loop_are_not_stored() -> None:
    closed, opened = (Phase(loop, 1, 1, hdr="text") for loop in ("closed", "open"))
    assert (closed.stored.hdr, opened.stored.hdr) == ("", "text")
