"""What a suspended coroutine waits for: the first function of a library that our code awaits."""

from __future__ import annotations

import os
from typing import Any

from runner.implementations import ROOT

_OURS = os.path.join(str(ROOT), "")
_LIBRARY = os.path.join(str(ROOT), "runner", "scratch", "")  # the one library among our files
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
        if _is_ours(code.co_filename):
            seen_ours = True
        elif seen_ours:
            return _tidy(getattr(awaited, "__qualname__", code.co_name))
        else:
            outer = outer or code.co_name
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    return outer or "its turn"


def _is_ours(filename: str) -> bool:
    return filename.startswith(_OURS) and not filename.startswith(_LIBRARY)


def _tidy(name: str) -> str:
    """Drop what `async with` adds: `TaskGroup.__aexit__` -> `TaskGroup`."""
    for ending in (".__aexit__", ".__aenter__", ".__anext__"):
        name = name.removesuffix(ending)
    return name
