"""What runs inside a Dask worker, without a worker."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from harness.measuring.fleet import on_worker

# A program of Loombench that leaves a file and names it, for each order.
PROGRAM = """
import sys, tempfile
for _ in sys.stdin:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        print(file.name, end="\\n\\n", flush=True)
"""


def test_what_a_killed_program_leaves_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, sources = tmp_path / "temporary", tmp_path / "sources"
    temporary.mkdir()
    package = sources / "harness" / "measuring" / "fleet"
    package.mkdir(parents=True)
    for folder in (package, package.parent, package.parent.parent):
        (folder / "__init__.py").touch()
    (package / "host.py").write_text(PROGRAM, "utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    program = on_worker._Program(sources)
    (line,), failure = program.ask(b"measure", lambda: True)
    left = Path(line.decode().strip())
    assert (left.exists(), failure) == (True, "")
    program._process.kill()
    assert program.ask(b"measure", lambda: True) == (
        [],
        "the program of Loombench ended: exit code -9",
    )
    assert not left.exists()
    assert list(temporary.iterdir()) == []
    for file in (program._stdout, program._errors):
        file.close()
