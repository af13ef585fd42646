"""What a suspended coroutine waits for: the first function of a library that our code awaits."""

from __future__ import annotations

import os
import sysconfig
from typing import Any

# The standard library, what is installed, and the one library among our files.
_LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    os.path.join(os.path.dirname(os.path.dirname(__file__)), "scratch", ""),
    "<frozen",
)
_DEEPEST = 50


def describe_wait(coroutine: Any) -> str:
    """Return the name of what a coroutine awaits: `sleep`, `Queue.get`, `TaskGroup`.

    The chain of awaits may begin in a library that wraps our code, and leads from our code into a
    library. If no function of a library follows our code, it awaits an object, such as a future;
    its class is returned.
    """
    awaited, outer, seen_ours = coroutine, "", False
    for _ in range(_DEEPEST):
        code = getattr(awaited, "cr_code", None) or getattr(awaited, "gi_code", None)
        if code is None:
            if awaited is None or not seen_ours:
                break
            return type(awaited).__name__.removesuffix("Iter").lower()
        if not is_library(code.co_filename):
            seen_ours = True
        elif seen_ours:
            outer = _tidy(getattr(awaited, "__qualname__", code.co_name))
            if not outer.startswith("_"):  # a private base class says little; what it awaits, more
                return outer
        else:
            outer = outer or code.co_name
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return outer or "its turn"


def is_library(filename: str) -> bool:
    """Return whether a source file belongs to a library, and not to a program."""
    return filename.startswith(_LIBRARIES)


def _tidy(name: str) -> str:
    """Drop what `async with` adds: `TaskGroup.__aexit__` -> `TaskGroup`."""
    for ending in (".__aexit__", ".__aenter__", ".__anext__"):
        name = name.removesuffix(ending)
    return name
