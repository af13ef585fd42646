"""What is no interpreter that can be used has one clear reason, and costs the others nothing."""

from __future__ import annotations

import json
import platform
import sys
from pathlib import Path

import pytest

from harness.measuring.runners import interpreters
from harness.measuring.runners.interpreters import ask, find_interpreters

ANSWER = {
    "version": "3.14.1",
    "info": [3, 14],
    "implementation": "CPython",
    "machine": platform.machine(),
    "build": "3.14.1 (main) [GCC]",
    "executable": "/bin/sh",
    "free_threaded": False,
    "has_venv": True,
}


def fake(path: Path, text: str = "", **changes: object) -> Path:
    """Write a program that answers as an interpreter would, or says something else."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = f"echo '{json.dumps(ANSWER | changes)}'"
    path.write_text(f"#!/bin/sh\n{text or said}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_this_interpreter_can_be_used() -> None:
    found = ask(Path(sys.executable), {})
    assert (found.reason, found.version) == ("", platform.python_version())
    assert found.executable == Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        ("exit 1", {}, "found the answer exit code 1"),
        ("echo oh no >&2; exit 1", {}, "found the answer 'oh no', expected an interpreter"),
        ("echo '{}'", {}, "found the answer '{}', expected an interpreter"),
        ("echo '[]'", {}, "found the answer '[]', expected an interpreter"),
        ("yes", {}, "its output is too long; expected an interpreter"),
        ("exec sleep 60", {}, "no answer within 0.5 s; expected an interpreter"),
        ("", {"version": "3.8.1", "info": [3, 8]}, "found CPython 3.8.1, expected Python 3.11"),
        ("", {"machine": "vax"}, "found an interpreter for vax, expected"),
        ("", {"has_venv": False}, "apt-get install python3.14-venv"),
        ("", {"executable": "/nowhere"}, "found the answer"),
    ],
)
def test_what_cannot_be_used_has_a_reason(
    text: str, changes: dict[str, object], reason: str, tmp_path: Path
) -> None:
    deadline_s = 0.5 if "sleep" in text else None
    found = ask(fake(tmp_path / "python", text, **changes), {}, deadline_s=deadline_s)
    assert reason in found.reason


def test_what_is_no_program_has_a_reason(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("words", "utf-8")
    elf_of_another_machine = fake(tmp_path / "elf")
    elf_of_another_machine.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\0\xff\xff" * 12)
    fake(tmp_path / "env" / "bin" / "python3")
    expected = {
        tmp_path / "none": "found no such file",
        tmp_path / "text": "found a file that is not executable",
        elf_of_another_machine: "it cannot be started: Exec format error",
        tmp_path / "env": f"found a directory, expected an interpreter; try {tmp_path}/env/bin/py",
    }
    for path, reason in expected.items():
        assert ask(path, {}).reason.startswith(reason)


def test_interpreters_are_found_once_wherever_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interpreters, "_SYSTEM", ())
    targets = {name: fake(tmp_path / "real" / name) for name in ("old", "new", "free", "own")}
    home = tmp_path / "home"
    fake(home / ".pyenv/versions/3.9.1/bin/python", version="3.9.1", info=[3, 9],
         executable=str(targets["old"]))  # fmt: skip
    fake(home / ".local/share/uv/python/x/bin/python3.14", executable=str(targets["new"]))
    fake(home / ".pyenv/shims/python3", version="3.99.1", executable=str(targets["own"]))
    fake(tmp_path / "bin/python3.14t", free_threaded=True, executable=str(targets["free"]))
    fake(tmp_path / "bin/python3", executable=str(targets["new"]))
    fake(tmp_path / "bin/python3.14-config", "exit 1")
    path = f"{home}/.pyenv/shims:{tmp_path}/bin:{tmp_path}/none"
    found = find_interpreters({"HOME": str(home), "PATH": path})
    assert [(one.label, bool(one.reason)) for one in found] == [
        ("3.9", True),
        ("3.14t", False),
        ("3.14", False),
    ]
