"""A copy of the project to write into, and the command in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import textwrap
from functools import cache
from pathlib import Path

from harness.measuring.runners.go_build import find_go
from harness.paths import ROOT
from tests.support.command import command, own_cache


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, without the indentation of a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```", text, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(body) for _, body in found]


def walk_through() -> tuple[str, str]:
    """Return the file that README's walk-through writes, and its text."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = blocks(readme, "python")
    before = readme[: readme.index("```python")]
    return re.findall(r"`(python/workloads/[\w/]+\.py)`", before)[-1], code


@cache
def go() -> str | None:
    """Return the Go command that builds the runner, if there is one here."""
    return find_go(ROOT / "go" / "go.mod")[0]


def copied(root: Path) -> Path:
    """Copy what the command needs of the repository; what is built or compiled comes along."""
    for folder in ("harness", "python", "go"):
        shutil.copytree(ROOT / folder, root / folder)
    return root


def do(root: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command in a copy, in a process of its own."""
    done = subprocess.run(
        command(*arguments),
        cwd=root,
        env={**os.environ, **own_cache(), "PYTHONPATH": str(root), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def files(root: Path) -> dict[str, str]:
    """Return the sources of a copy: path -> text."""
    return {
        path.relative_to(root).as_posix(): path.read_text("utf-8")
        for path in root.rglob("*")
        if path.suffix in (".py", ".go", ".toml") and path.is_file()
    }


def results(said: str) -> dict[str, tuple[str, str]]:
    """Return what `validate` printed: contestant -> (result, message), absent ones left out."""
    rows = re.findall(
        r"^[a-z][a-z0-9]* +([a-z]\S*(?: · \S+)?)  +(ok|crash|wrong answer|warning)\b *(.*?) *$",
        said,
        re.MULTILINE,
    )
    return {contestant: (result, message) for contestant, result, message in rows}
