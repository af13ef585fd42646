"""Errors that a user can cause. Messages say what was found, what was expected, and what to do."""

from __future__ import annotations

import difflib
import errno
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

# What decoding a text of others raises: ValidationError is a DecodeError; invalid UTF-8 and deep
# nesting raise others.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Exit(IntEnum):
    """The exit codes of every command."""

    SUCCESS = 0
    FAILED = 1  # a validation or a claim failed, or a regression was found
    USAGE = 2
    NOT_POSSIBLE = 3  # not comparable, or not possible on this machine
    INTERNAL = 70  # a defect of Loombench
    INTERRUPTED = 130


class Problem(Exception):  # noqa: N818 - the user has a problem; the program has no error
    """A message for the user, with the exit code. Never shown with a traceback."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code


_NAMED = 40  # names in a message; more can be 190 contestants

_REMEDIES = {
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOTDIR: "choose a path through folders alone",
    errno.ELOOP: "choose a path without links that form a loop",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "choose a place that you may read and write"
    ),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), "allow more open files: ulimit -n 4096"),
    **dict.fromkeys((errno.EAGAIN, errno.ENOMEM), "free some memory, or allow more processes"),
    errno.EIO: "look at the disk",
}


def explain(error: OSError) -> Problem | None:
    """Return the problem that a machine has, with its remedy; None for what may be a defect."""
    remedy = _REMEDIES.get(error.errno or 0)
    if str(error.filename).startswith("/proc/"):
        remedy = "mount the kernel's files: mount -t proc proc /proc"
    if remedy is None:
        return None
    place = f"{error.filename}: " if error.filename is not None else ""
    return Problem(f"{place}{error.strerror}; {remedy}", Exit.NOT_POSSIBLE)


def unknown_name(kind: str, found: str, known: Iterable[str]) -> Problem:
    """Return the problem that `found` is not a known name, with near matches if there are any."""
    names = sorted(set(known))
    near = difflib.get_close_matches(found, names, n=3, cutoff=0.5)
    if near:
        return Problem(f"unknown {kind} {found!r}; did you mean {' or '.join(near)}?")
    more = len(names) - _NAMED
    listed = [*names[:_NAMED], *([f"and {more} more"] if more > 0 else [])]
    return Problem(f"unknown {kind} {found!r}; there is: {', '.join(listed) or 'none'}")
