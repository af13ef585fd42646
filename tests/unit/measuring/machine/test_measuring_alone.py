"""One run at a time is measured on a machine, unless the user wants two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import Exit, Problem
from harness.measuring.machine.measuring_alone import measuring_alone


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


def test_a_second_run_is_told_who_measures() -> None:
    with measuring_alone() as first, pytest.raises(Problem) as caught, measuring_alone():
        pass
    assert first
    assert f"measured by process {os.getpid()} since 2" in str(caught.value)
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_a_second_run_may_be_measured_beside_the_first_and_knows_it() -> None:
    with measuring_alone(), measuring_alone(beside=True) as second:
        assert not second


def test_the_lock_ends_with_its_run() -> None:
    with measuring_alone():
        pass
    with measuring_alone() as again:
        assert again


def test_without_a_place_to_write_a_run_is_measured_all_the_same(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder / "not-there"))
    with measuring_alone() as alone:
        assert alone
