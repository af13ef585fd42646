"""Commands whose output nobody reads, or that cannot be written: the verdict stays."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.claims import ledger
from harness.errors import Exit
from harness.results import store
from tests.support.command import command
from tests.support.factories import cell, run

# A claim that no run bears out.
FALSE = """
[documents]
D = "A document"
[claims.never]
says = "A no-op takes a day."
reading = "Time of a call."
sources = ["D: 1"]
workload = "noop"
this = "asyncio"
measure = "call"
range = "at least 86,400 s"
"""


@pytest.fixture
def arguments(tmp_path: Path) -> tuple[object, ...]:
    """A command that prints, and ends with 1."""
    (tmp_path / "false.toml").write_text(FALSE, encoding="utf-8")
    assert ledger.load([tmp_path / "false.toml"], only=True)
    with_run = store.RunWriter.create(tmp_path, run([cell()]))
    with_run.close()
    options = ("--only", "--must-hold", "--ledger", tmp_path / "false.toml", "--out", tmp_path)
    return ("claims", "latest", *options)


def ended(arguments: tuple[object, ...], stdout: int, **env: str) -> tuple[int, str]:
    done = subprocess.run(
        command(*arguments),
        stdout=stdout,
        stderr=subprocess.PIPE,
        env={**os.environ, **env},
        text=True,
        errors="replace",
        check=False,
    )
    return done.returncode, done.stderr


def test_a_verdict_survives_a_closed_pipe(arguments: tuple[object, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        code, said = ended(arguments, writer)
        assert (code, said.count("\n")) == (Exit.FAILED, 1)  # the claim, which does not hold
    finally:
        os.close(writer)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_verdict_survives_a_full_device_which_is_named(arguments: tuple[object, ...]) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        code, said = ended(arguments, full.fileno())
        assert code == Exit.FAILED
        assert said.endswith("loombench: the output cannot be written: No space left on device\n")
        assert ended(("list",), full.fileno())[0] == Exit.NOT_POSSIBLE


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp1252"])
def test_every_encoding_can_be_written(arguments: tuple[object, ...], encoding: str) -> None:
    # Ascii has the least characters; the others are held against the longest output.
    for command_ in (arguments, ("list",), ("doctor",)) if encoding == "ascii" else (("list",),):
        code, said = ended(command_, subprocess.DEVNULL, PYTHONIOENCODING=encoding)
        assert (code in (Exit.SUCCESS, Exit.FAILED), "Traceback" in said) == (True, False)
