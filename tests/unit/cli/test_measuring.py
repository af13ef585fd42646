"""The command `run`: what is wrong with its options is said before it waits for anything."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import pytest

from harness.cli import fleet
from harness.errors import Exit
from tests.support.command import Invoke

AT = ("--scheduler", "tcp://127.0.0.1:1")


@pytest.fixture(autouse=True)
def no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a place to measure would be asked for."""

    def wait(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a place was asked for")

    monkeypatch.setattr(fleet, "_open_fleet", wait)
    monkeypatch.setattr(fleet, "measuring_alone", wait)


@pytest.mark.parametrize("place", [(), AT], ids=["here", "fleet"])
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--resume", "a-run", "--seed", "0"), "--resume continues a run as planned"),
        (("--resume", "a-run", "--case", "headline"), "--resume continues a run as planned"),
        (("--workload", "nope"), "unknown workload 'nope'"),
        (("--workload", "noop", "--case", "hedline"), "did you mean headline"),
        (("--model", "asyncoi"), "did you mean asyncio"),
        (("--workload", ","), "expected a name"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_waited_for(
    invoke: Invoke,
    tmp_path: Path,
    place: tuple[str, ...],
    arguments: tuple[str, ...],
    complaint: str,
) -> None:
    code, _, errors = invoke("run", *arguments, *place, "--out", tmp_path)
    assert code == Exit.USAGE
    assert complaint in errors
