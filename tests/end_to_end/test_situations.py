"""A table of situations: environments, builds, machines, locks, runners, outputs, clocks, disks.

Each row is a real process in a real situation. It ends with the exit code of the row and its one
message, never with a traceback; nothing that was measured is lost, and no process is left.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.results import store
from tests.support.command import command
from tests.support.planted.bench import left_of, new_mark
from tests.support.situations import around, kept, lacking
from tests.support.situations.meeting import FIRST, SECOND, Place, Situation, meet

TABLE = (*around.ROWS, *kept.ROWS, *lacking.ROWS)


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two runs of a no-op, of which one was measured."""
    out = tmp_path_factory.mktemp("measured") / "results"
    tiny = ("run", "--workload", "noop", "--model", "sequential", "--no-figures", "--beside")
    subprocess.run(
        command(*tiny, "--budget", "300ms", "--out", out), capture_output=True, check=True
    )
    measured = store.find_run(out).rename(out / FIRST)
    shutil.copytree(measured, out / SECOND)
    (out / "latest").unlink()
    (out / "latest").symlink_to(FIRST)
    place = Place(out.parent)
    place.edit(id=FIRST)
    place.edit(SECOND, id=SECOND, started_at="2099-01-01T00:00:00+00:00")
    return out


@pytest.fixture(scope="module")
def mark() -> Iterator[str]:
    """The mark of all processes of the table; none of them may be left at its end."""
    mark = new_mark()
    yield mark
    assert left_of(mark) == []


def test_the_table_is_long_enough_and_names_each_situation_once() -> None:
    assert len({row.what for row in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.what)
def test_a_situation_ends_as_the_table_says(
    row: Situation, measured: Path, tmp_path: Path, mark: str
) -> None:
    if not row.needs():
        pytest.skip("this situation cannot be made here")
    place = Place(tmp_path)
    shutil.copytree(measured, place.out, symlinks=True)
    row.make(place)
    stored = {path: path.read_bytes() for path in place.out.rglob("trials.jsonl") if path.is_file()}
    with row.during(place):
        ended = meet(row, place, mark)
    assert "Traceback" not in ended.text
    expected = row.says.splitlines()
    assert (ended.code, len(ended.messages)) == (row.code, len(expected)), ended.text
    assert all(map(str.__contains__, ended.messages, expected)), ended.messages
    assert row.shows in ended.shown, ended.text
    for path, data in stored.items():
        assert path.read_bytes().startswith(data)
    assert list(place.root.rglob("*.part")) == []
