"""A git revision as a second source tree: its implementations, extracted beside the runs.

They are kept in `OUT/revisions/COMMIT`, so the same revision is extracted and built once.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import Exit, Problem
from harness.paths import IS_INSTALLED, ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "revisions"
_SOURCES = ("python", "go")  # the folders of a revision that hold runners and implementations
_LABEL = 8  # characters of a commit that name its runtime
_TIMEOUT_S = 60


class Revision(NamedTuple):
    """An extracted revision."""

    name: str  # as the user wrote it
    commit: str
    folder: Path

    @property
    def label(self) -> str:
        """The label of its runtime, the beginning of the commit."""
        return self.commit[:_LABEL]

    def __str__(self) -> str:
        """Return the name that the user gave and the commit that it means."""
        is_same = self.commit.startswith(self.name)
        return self.label if is_same else f"{self.name} ({self.label})"


def extract(name: str, out: Path) -> Revision:
    """Extract the implementations of a revision, unless that was done before. Raises Problem."""
    commit = _find_commit(name)
    revision = Revision(name, commit, (out / FOLDER / commit).resolve())
    if not revision.folder.is_dir():
        part = revision.folder.with_name(f".{commit}.{os.getpid()}.part")
        try:
            with zipfile.ZipFile(io.BytesIO(_archive(revision))) as archive:
                archive.extractall(part)
            part.rename(revision.folder)
        except OSError as error:
            reason = error.strerror or str(error)
            raise Problem(
                f"{revision.folder}: cannot be written: {reason}; choose another directory with"
                " --out",
                Exit.NOT_POSSIBLE,
            ) from None
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return revision


def _find_commit(name: str) -> str:
    if IS_INSTALLED or _git("rev-parse", "--git-dir").returncode != 0:
        raise Problem(
            f"{ROOT}: found no git checkout, expected one: a revision is read from it; run from a"
            " clone of the repository",
            Exit.NOT_POSSIBLE,
        )
    found = _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if found.returncode != 0 or name.startswith("-"):
        raise Problem(
            f"unknown revision {name!r}; expected a commit, branch or tag of this checkout, such as"
            " HEAD or HEAD~1"
        )
    return found.stdout.decode().strip()


def _archive(revision: Revision) -> bytes:
    """Return a zip archive of the source folders of a revision."""
    listed = _git("ls-tree", "-d", "--name-only", revision.commit, *_SOURCES)
    folders = listed.stdout.decode().split()
    if "python" not in folders:
        raise Problem(
            f"{revision} has no folder python/, so it has no implementations; choose a later one",
            Exit.NOT_POSSIBLE,
        )
    done = _git("archive", "--format=zip", revision.commit, *folders)
    if done.returncode != 0:
        raise Problem(
            f"{revision} cannot be extracted: {done.stderr.decode(errors='replace').strip()}",
            Exit.NOT_POSSIBLE,
        )
    return done.stdout


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        reason = "found no git in PATH"
    except OSError as error:
        reason = f"git cannot be run: {error.strerror or error}"
    except subprocess.TimeoutExpired as error:
        reason = f"git cannot be run: {error}"
    raise Problem(f"{reason}; git is needed to read a revision: install it", Exit.NOT_POSSIBLE)
