"""`loombench ab` on a small repository: the working tree against its own commit."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.errors import Exit
from harness.results import store
from harness.results.records import Status
from tests.bench import ab as bench
from tests.bench import tools
from tests.support.command import command
from tests.support.versions import commit, copy_repository, edit, git

FILE = "python/workloads/noop/on_sequential.py"
NOOP = ("--workload", "noop", "--model", "sequential")


class Said(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_repository(tmp_path_factory.mktemp("versions") / "copy")


def loombench(repository: Path, *arguments: object) -> Said:
    """Run the copy's own command; returns what it says, its lines made one."""
    done = subprocess.run(
        command(*arguments),
        cwd=repository,
        env=tools.runs_environment(COLUMNS="200"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Said(done.returncode, " ".join(done.stdout.split()), done.stderr)


def test_what_changed_is_measured_in_the_same_blocks_as_the_revision(repository: Path) -> None:
    head = git(repository, "rev-parse", "HEAD")
    with (repository / FILE).open("a", encoding="utf-8") as file:
        file.write("# a comment\n")
    said = loombench(repository, "ab", "HEAD", *NOOP, "--budget", "3s", "--fail-on", "99%")
    assert (said.code, said.err) == (Exit.SUCCESS, "")
    assert f"Changed since HEAD ({head[:8]}): 1 implementation, in {FILE}." in said.out
    assert f"working tree / {head[:8]} [95%]" in said.out

    folder = store.find_run(repository / "results")
    trials = list(store.read_trials(folder, []))
    assert store.read_run(folder).revision == head
    assert {trial.cell.contestant.key for trial in trials} == {
        "noop/sequential@default",
        f"noop/sequential@{head[:8]}",
    }
    assert all(trial.status is Status.OK and trial.rounds for trial in trials)

    shown = loombench(repository, "show")
    assert f"working tree / {head[:8]} [95%]" in shown.out
    assert f"sequential @ {head[:8]}" in shown.out
    more = loombench(repository, "run", "--resume", "--budget", "1s", "--no-figures")
    assert more.code == Exit.SUCCESS
    assert len(list(store.read_trials(folder, []))) > len(trials)

    commit(repository)
    same = loombench(repository, "ab", "HEAD", *NOOP)
    assert same.code == Exit.NOT_POSSIBLE
    assert "nothing changed: the files of 1 selected implementation" in same.err
    assert "--unchanged measures them anyway" in same.err


def test_an_implementation_that_one_side_lacks_is_named(repository: Path) -> None:
    new = repository / FILE.replace(".py", "__again.py")
    new.write_text((repository / FILE).read_text(encoding="utf-8"), encoding="utf-8")
    said = loombench(repository, "ab", "HEAD", *NOOP, "--unchanged", "--budget", "1s")
    new.unlink()
    assert said.code == Exit.SUCCESS
    assert "lacks them: noop sequential · again." in said.out


def test_a_revision_that_speaks_version_1_is_measured_one_after_the_other(
    repository: Path,
) -> None:
    session = repository / "python" / "runner" / "wire.py"
    now = session.read_text(encoding="utf-8")
    edit(session, "PROTOCOL = 2", "PROTOCOL = 1")
    commit(repository)
    session.write_text(now, encoding="utf-8")
    said = loombench(repository, "ab", "HEAD", *NOOP, "--budget", "2s")
    assert said.code == Exit.SUCCESS
    assert "speaks version 1 of the runner protocol, which has no turns" in said.out
    trials = list(store.read_trials(store.find_run(repository / "results"), []))
    assert {trial.rounds for trial in trials} == {0}


def test_a_revision_whose_runner_is_broken_gives_the_reason(repository: Path) -> None:
    main = repository / "python" / "runner" / "__main__.py"
    now = main.read_text(encoding="utf-8")
    main.write_text("raise SystemExit('not today')\n", encoding="utf-8")
    commit(repository)
    main.write_text(now, encoding="utf-8")
    said = loombench(repository, "ab", "HEAD", *NOOP)
    assert said.code == Exit.NOT_POSSIBLE
    assert (
        "the python runner cannot be used: describe ended with exit code 1: not today" in said.err
    )


def test_the_work_that_the_benchmark_plants_gives_the_same_answers(tmp_path: Path) -> None:
    copy = copy_repository(tmp_path / "copy", is_checkout=False)
    bench._plant_work(copy / bench._FILE)
    said = loombench(copy, "validate", "pingpong", "--model", "asyncio")
    assert (said.code, said.err) == (Exit.SUCCESS, "")
