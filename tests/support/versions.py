"""A small repository of two versions: the harness and the Python implementations, committed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from harness.paths import ROOT

_GENERATED = shutil.ignore_patterns("__pycache__")


def copy_repository(folder: Path, *, is_checkout: bool = True) -> Path:
    """Copy what `ab` needs, without Go, and commit it. Returns the folder."""
    for name in ("harness", "python"):
        shutil.copytree(ROOT / name, folder / name, ignore=_GENERATED)
    shutil.copy(ROOT / "pyproject.toml", folder)
    if is_checkout:
        git(folder, "init", "--quiet")
        commit(folder)
    return folder


def commit(folder: Path) -> str:
    """Commit the working tree; returns the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-gpg-sign", "--message", "a version")
    return git(folder, "rev-parse", "HEAD")


def edit(file: Path, old: str, new: str) -> None:
    """Replace all of a text in a file, which must have it."""
    text = file.read_text(encoding="utf-8")
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new), encoding="utf-8")


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@localhost")
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
