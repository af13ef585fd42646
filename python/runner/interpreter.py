"""What this interpreter is, how it was built, and whether it holds the GIL.

Loaded before any library, so that `GIL_AT_START` is the interpreter's own choice: an extension that
does not know free threading switches the GIL on again when it is imported.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def is_gil_enabled() -> bool:
    """Return whether the GIL is on; True for an interpreter that always has one."""
    ask = getattr(sys, "_is_gil_enabled", None)
    return bool(ask()) if ask else True


GIL_AT_START = is_gil_enabled()


def build_facts() -> dict[str, Any]:
    """Return how this interpreter was built. What a build does not declare is left out.

    `optimised` is what the build declares: a distribution may do more without saying so.
    """
    import platform
    import sysconfig

    known = {name: str(value) for name, value in sysconfig.get_config_vars().items()}
    free_threaded = known.get("Py_GIL_DISABLED") == "1"
    facts: dict[str, Any] = {
        "compiler": platform.python_compiler(),
        "optimised": _describe_optimisation(known),
        "config_args": _without_paths(known.get("CONFIG_ARGS", "")),
        "free_threaded": free_threaded,
        "jit": _describe_jit(known),
        "malloc": _describe_malloc(known, free_threaded=free_threaded),
    }
    return {name: value for name, value in facts.items() if value != ""}


def _without_paths(declared: str) -> str:
    """Return the options of a build but for places on the machine that it was made on."""
    import shlex

    try:
        words = shlex.split(declared)
    except ValueError:
        return ""
    return " ".join(word for word in words if "/" not in word)


def _describe_optimisation(known: dict[str, str]) -> str:
    """Return `-O3, PGO, LTO`, as far as it is declared; empty if nothing is known."""
    declared = known.get("CONFIG_ARGS", "")
    flags = " ".join(
        known.get(name, "")
        for name in ("PY_CORE_CFLAGS", "PY_CFLAGS_NODIST", "PY_CORE_LDFLAGS", "PY_LDFLAGS_NODIST")
    )
    if not declared and not flags.strip():
        return ""
    levels = [word for word in flags.split() if word.startswith("-O")]
    pgo = "--enable-optimizations" in declared or "-fprofile-" in flags
    lto = ("--with-lto" in declared and "--with-lto=no" not in declared) or "-flto" in flags
    found = {
        (levels or [""])[-1]: True,
        "PGO": pgo,
        "LTO": lto,
        "debug": known.get("Py_DEBUG") == "1",
    }
    return ", ".join(name for name, is_so in found.items() if name and is_so)


def _describe_jit(known: dict[str, str]) -> str:
    """Return `on`, `off` or `none`: whether the JIT is on, off or not built in."""
    if sys.implementation.name in ("pypy", "graalpy"):
        return "on"
    jit = getattr(sys, "_jit", None)  # since 3.14
    if jit is not None:
        if not jit.is_available():
            return "none"
        return "on" if jit.is_enabled() else "off"
    if "--enable-experimental-jit" not in known.get("CONFIG_ARGS", ""):
        return "none"
    is_on = os.environ.get("PYTHON_JIT", "0" if "yes-off" in known["CONFIG_ARGS"] else "1")
    return "on" if is_on != "0" else "off"


def _describe_malloc(known: dict[str, str], *, free_threaded: bool) -> str:
    """Return the allocator of small objects; empty if it is unknown."""
    if sys.implementation.name != "cpython":
        return ""
    if chosen := os.environ.get("PYTHONMALLOC", ""):
        return chosen
    if free_threaded:
        return "mimalloc"
    return "pymalloc" if known.get("WITH_PYMALLOC") == "1" else "malloc"
