"""The command `behaviours`: it shows what was stored, and names what it does not know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.behaviours import store
from harness.cli import main
from harness.errors import Exit
from tests.support.observations import observed
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
