"""Write a file completely or not at all, and read one that a user names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harness.errors import Exit, Problem

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, text: str, advice: str = "choose another path with --output") -> None:
    """Write to a temporary file and rename it, so that nobody reads half of it. Raises Problem."""
    try:
        target = path.resolve()  # for a link, replace the file that it points to, not the link
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_text(text, encoding="utf-8")  # a pipe or /dev/null is not replaced
            return
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with part.open("x", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, RuntimeError) as error:  # a loop of links, before Python 3.13
        reason = getattr(error, "strerror", None) or str(error)
        raise Problem(
            f"{path}: cannot be written: {reason}; {advice}",
            Exit.NOT_POSSIBLE,
        ) from None


def read_text(path: Path, name: str = "") -> str:
    """Return the text of a file that a user named, shown as `name`. Raises Problem."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = f"found bytes that are not UTF-8 at {error.start:,}, expected text"
    raise Problem(f"{name or path}: cannot be read: {reason}")
