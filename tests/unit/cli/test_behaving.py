"""The command `behaviours`: it shows what was stored, and names what it does not know."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.behaviours import store
from harness.behaviours.records import Observation
from harness.cli import behaving, main
from harness.errors import Exit, Problem
from harness.measuring import observing
from harness.results.store import find_run, lock_run
from tests.support.command import Invoke
from tests.support.observations import observation, observed
from tests.support.references import measured

WORDS = {"asyncio": ["one"] * 5, "trio": ["other"] * 5, "threads": ["one", "other"]}


def stored(folder: Path, words: dict[str, list[str]] | None = None) -> Path:
    known = observed(WORDS if words is None else words)
    store.write(folder / "a-run", known.heading, known.observations)
    return folder


def test_stored_behaviours_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["behaviours", "a-run", "--out", str(stored(tmp_path))])
    said = capsys.readouterr().out
    assert code == Exit.SUCCESS
    assert "What happens?" in said
    assert "varies: one, other" in said
    assert "(not applicable)" in said
    assert "Not as documented: trio: What happens?" in " ".join(said.split())


def test_the_document_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["behaviours", "a-run", "--json", "--out", str(stored(tmp_path))])
    (question,) = json.loads(capsys.readouterr().out)["questions"]
    assert [cell["state"] for cell in question["cells"]] == [
        "agreed",
        "agreed",
        "varying",
        "not applicable",
    ]


def test_only_what_was_asked_for_is_shown(tmp_path: Path, invoke: Invoke) -> None:
    arguments = ("behaviours", "a-run", "--json", "--out", stored(tmp_path))
    _, said, _ = invoke(*arguments, "--question", "demo", "--model", "trio,go")
    (question,) = json.loads(said)["questions"]
    assert [cell["model"] for cell in question["cells"]] == ["trio", "go"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--question", "demos"), "unknown question in this run: 'demos'; did you mean demo?"),
        (("--model", "tiro"), "unknown model in this run: 'tiro'; did you mean trio?"),
        (("--model", ""), "found '', expected a name"),
        (("--repeat", 7), "found it together with --repeat, expected it without"),
        (("--runner", "x", "--runtime", "y=z"), "together with --runner, --runtime, expected"),
        (("--into", "latest"), "found it together with --into"),
    ],
)
def test_an_option_that_reading_cannot_follow_is_refused(
    tmp_path: Path, invoke: Invoke, arguments: tuple[object, ...], complaint: str
) -> None:
    code, said, err = invoke("behaviours", "a-run", *arguments, "--out", stored(tmp_path))
    assert (code, said) == (Exit.USAGE, "")
    assert complaint in err


def test_a_failed_probe_fails_the_command(tmp_path: Path) -> None:
    folder = stored(tmp_path, {"asyncio": ["nonsense"]})
    assert main(["behaviours", "a-run", "--out", str(folder)]) == Exit.FAILED


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("a-run",), "no run at"),
        (("--question", "sibling"), "did you mean siblings"),
        (("--into", "a-run"), "no run at"),
    ],
)
def test_what_there_is_not_is_named(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    code = main(["behaviours", *arguments, "--out", str(tmp_path)])
    assert code == Exit.USAGE
    assert complaint in capsys.readouterr().err


def test_a_run_without_behaviours_says_how_to_observe_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = measured(tmp_path)
    assert main(["behaviours", folder.name, "--out", str(tmp_path)]) == Exit.USAGE
    assert f"loombench behaviours --into {folder.name}" in capsys.readouterr().err


# --- observing


@pytest.fixture
def observe(
    tmp_path: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch, asked_once: None
) -> Callable[..., tuple[int, str, str]]:
    """Observe a question of a model, always in the same second."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr(behaving, "datetime", SimpleNamespace(now=lambda _: moment))
    chosen = ("--question", "siblings", "--model", "asyncio", "--repeat", 1)
    return lambda *more: invoke("behaviours", *chosen, *more, "--out", tmp_path)


def test_a_second_observation_in_the_same_second_is_refused_before_it_observes(
    tmp_path: Path, observe: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert observe()[0] == Exit.SUCCESS
    (folder,) = tmp_path.iterdir()
    before = (folder / store.FILE).read_bytes()
    monkeypatch.setattr(observing, "observe_all", None)
    code, said, err = observe()
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert "a run of this name exists; choose another --out" in err
    assert (folder / store.FILE).read_bytes() == before


def test_nobody_observes_into_a_run_into_which_another_process_writes(
    small_results: Path, observe: Callable[..., tuple[int, str, str]]
) -> None:
    lock = lock_run(find_run(small_results))
    code, said, err = observe("--into", find_run(small_results))
    lock.release()
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert "is being measured by process" in err


def test_an_observation_that_is_interrupted_leaves_no_empty_folder(
    tmp_path: Path, observe: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> Iterator[Observation]:
        yield observation("asyncio", "one")
        raise Problem("interrupted; nothing was stored", Exit.INTERRUPTED)

    monkeypatch.setattr(observing, "observe_all", interrupt)
    assert observe()[0] == Exit.INTERRUPTED
    assert list(tmp_path.iterdir()) == []
