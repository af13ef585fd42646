"""The console script: Ctrl-C is silent, also before a command has begun."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness import entry
from harness.errors import Exit


def test_an_interruption_while_modules_are_imported_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(name: str) -> None:
        raise KeyboardInterrupt(name)

    monkeypatch.setattr(entry, "import_module", interrupt)
    with pytest.raises(SystemExit) as ended:
        entry.entry()
    assert ended.value.code == Exit.INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_nothing_slow_is_imported_before_that_holds() -> None:
    code = "import sys, harness.entry; print({'click', 'harness.cli', 'msgspec'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_it_runs_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["loombench", "--version"])
    with pytest.raises(SystemExit) as ended:
        entry.entry()
    assert ended.value.code == Exit.SUCCESS
    assert capsys.readouterr().out.startswith("loombench")
