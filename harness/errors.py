"""Errors a user can cause: each says what was found, what was expected, and what to do."""

from __future__ import annotations

import difflib
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Exit(IntEnum):
    """What the exit code of every command means."""

    SUCCESS = 0
    FAILED = 1  # the thing asked about: a failed validation, a regression
    USAGE = 2
    NOT_POSSIBLE = 3  # not comparable, or not possible here
    INTERRUPTED = 130


class Problem(Exception):  # noqa: N818 - what a user has is a problem
    """A message for a user, and the exit code that goes with it. Never shown with a traceback."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code


def unknown_name(what: str, found: str, known: Iterable[str]) -> Problem:
    """Return the problem that `found` is none of the `known`, with the near matches."""
    names = sorted(set(known))
    near = difflib.get_close_matches(found, names, n=3, cutoff=0.5)
    if near:
        return Problem(f"unknown {what} {found!r}; did you mean {' or '.join(near)}?")
    return Problem(f"unknown {what} {found!r}; there is: {', '.join(names) or 'none'}")
