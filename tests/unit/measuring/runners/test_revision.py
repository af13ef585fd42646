"""A revision as a second source tree: extracted once, compared file by file."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from harness.catalog.contestant import Contestant
from harness.errors import Exit, Problem
from harness.measuring.runners import protocol, revision
from harness.measuring.runners.differences import Differences, find_differences
from harness.measuring.runners.runner import Runner, Runners
from tests.support.versions import commit, git

FILE = "python/workloads/demo/on_asyncio.py"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one implementation and one file that all share."""
    root = tmp_path / "checkout"
    for name in (FILE, "python/runner/session.py", "docs/page.md"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("first", encoding="utf-8")
    git(root, "init", "--quiet")
    commit(root)
    monkeypatch.setattr(revision, "ROOT", root)
    return root


def test_a_revision_is_extracted_with_its_implementations_alone(
    checkout: Path, tmp_path: Path
) -> None:
    (checkout / FILE).write_text("second", encoding="utf-8")
    found = revision.extract("HEAD", tmp_path / "out")
    assert found.commit == git(checkout, "rev-parse", "HEAD")
    assert found.folder == tmp_path / "out" / "revisions" / found.commit
    assert (found.folder / FILE).read_text(encoding="utf-8") == "first"
    assert not (found.folder / "docs").exists()
    assert (str(found), found.label) == (f"HEAD ({found.commit[:8]})", found.commit[:8])


def test_a_revision_that_was_extracted_is_used_again(checkout: Path, tmp_path: Path) -> None:
    folder = revision.extract("HEAD", tmp_path / "out").folder
    (folder / "built").touch()
    assert revision.extract(folder.name, tmp_path / "out").folder == folder
    assert (folder / "built").exists()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["no-such-branch", "", "HEAD~1", "--all"])
def test_an_unknown_revision_is_a_usage_error(checkout: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="unknown revision") as caught:
        revision.extract(name, tmp_path / "out")
    assert caught.value.code is Exit.USAGE


def test_a_revision_without_implementations_is_refused(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "rm", "-r", "--quiet", "python")
    commit(checkout)
    with pytest.raises(Problem, match="has no folder python/") as caught:
        revision.extract("HEAD", tmp_path / "out")
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_folder_that_is_no_checkout_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revision, "ROOT", tmp_path)
    with pytest.raises(Problem, match="found no git checkout, expected one"):
        revision.extract("HEAD", tmp_path / "out")


def test_without_git_the_reason_is_said(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Problem, match="found no git in PATH; git is needed to read a") as raised:
        revision.extract("HEAD", tmp_path / "out")
    assert raised.value.code is Exit.NOT_POSSIBLE
    (tmp_path / "git").write_text("no program")
    with pytest.raises(Problem, match="git cannot be run: Permission denied; git is needed"):
        revision.extract("HEAD", tmp_path / "out")


def test_a_place_that_cannot_be_written_is_named(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    with pytest.raises(Problem, match=r"cannot be written: .*choose another directory with --out"):
        revision.extract("HEAD", tmp_path / "out")


# --- differences


def offering(home: Path, *variants: str, label: str = "default") -> Runners:
    """Return a runner that offers variants of one implementation, in files of their own."""
    implementations = []
    for variant in variants:
        source = f"python/{variant}.py"
        (home / source).parent.mkdir(parents=True, exist_ok=True)
        (home / source).write_text(variant, encoding="utf-8")
        implementations.append(protocol.Implementation("demo", "asyncio", source, variant))
    description = protocol.Description(2, "python", "3", tuple(implementations))
    runner = Runner(
        "python", (), {}, description, home, shared=("python/runner/*.py",), runtime=label
    )
    return Runners({runner.key: runner})


def ways(*variants: str) -> tuple[Contestant, ...]:
    return tuple(Contestant("demo", "asyncio", variant) for variant in variants)


def test_implementations_are_told_apart_by_their_files(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    ours = offering(here, "same", "edited", "new")
    theirs = offering(there, "same", "edited", "old", label="1a2b3c4d")
    (here / "python/edited.py").write_text("edited since", encoding="utf-8")
    assert find_differences(ours, theirs) == Differences(
        changed=dict.fromkeys(ways("edited"), ("python/edited.py",)),
        unchanged=ways("same"),
        only_here=ways("new"),
        only_there=ways("old"),
    )


def test_a_file_that_all_share_changes_all(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    ours, theirs = offering(here, "one", "two"), offering(there, "one", "two", label="1a2b3c4d")
    for folder in (here, there):
        (folder / "python/runner").mkdir()
        (folder / "python/runner/session.py").write_text(folder.name, encoding="utf-8")
    found = find_differences(ours, theirs)
    assert found.changed == dict.fromkeys(ways("one", "two"), ("python/runner/session.py",))
    selected = found.select(lambda contestant: contestant.variant == "two")
    assert list(selected.changed) == list(ways("two"))


def test_what_cannot_run_on_this_machine_is_on_neither_side(tmp_path: Path) -> None:
    ours = offering(tmp_path, "one")
    (runner,) = ours.found.values()
    missing = structs.replace(
        runner.description, unavailable=(protocol.Unavailable("asyncio", "no library"),)
    )
    object.__setattr__(runner, "description", missing)
    assert find_differences(ours, ours) == Differences({}, (), (), ())
