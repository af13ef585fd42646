"""Check the interpreter and Go: how they were built, and what they would use. Only reads."""

from __future__ import annotations

import os
import platform
import re
import sys
from typing import TYPE_CHECKING

from harness import units
from harness.measuring.runners import describing, go_build
from harness.measuring.runners.protocol import ProtocolError
from harness.paths import IS_INSTALLED, ROOT
from harness.results.records import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.results.records import Machine

UNKNOWN = "unknown"


def check_build(config: Mapping[str, object]) -> Diagnosis:
    """Return how this interpreter, which also runs the Python runner, was compiled.

    `config` has the variables of its build, as sysconfig returns them.
    """
    arguments = config.get("CONFIG_ARGS")
    if not isinstance(arguments, str):
        return Diagnosis("python build", UNKNOWN)
    debug = bool(config.get("Py_DEBUG"))
    profiled, linked = "--enable-optimizations" in arguments, "--with-lto" in arguments
    levels = re.findall(r"-O\w+", f"{config.get('PY_CFLAGS') or ''} {config.get('OPT') or ''}")
    parts = [
        "debug" if debug else "release",
        *levels[-1:],
        "PGO" if profiled else "no PGO",
        "LTO" if linked and "--with-lto=no" not in arguments else "no LTO",
    ]
    advice = ""
    if debug:
        advice = "a debug build is several times slower; use a release build"
    elif not profiled:
        advice = "built without --enable-optimizations: slower than most Python installations"
    return Diagnosis("python build", ", ".join(parts), advice)


def check_gil(config: Mapping[str, object]) -> Diagnosis:
    """Return whether this interpreter has its GIL on."""
    free_threaded = bool(config.get("Py_GIL_DISABLED"))
    is_gil_enabled = getattr(sys, "_is_gil_enabled", None)
    enabled = bool(is_gil_enabled()) if is_gil_enabled is not None else not free_threaded
    if enabled and free_threaded:
        advice = "a free-threaded build with the GIL on, because of an extension or PYTHON_GIL"
        return Diagnosis("GIL", "on", advice)
    return Diagnosis("GIL", "on" if enabled else "off")


def check_jit(config: Mapping[str, object]) -> Diagnosis:
    """Return whether this interpreter has a JIT, and uses it."""
    if platform.python_implementation() != "CPython":
        return Diagnosis("JIT", UNKNOWN)
    jit = getattr(sys, "_jit", None)  # since 3.14
    if jit is not None:
        if not jit.is_available():
            return Diagnosis("JIT", "none")
        return Diagnosis("JIT", "on" if jit.is_enabled() else "off")
    if "--enable-experimental-jit" in str(config.get("CONFIG_ARGS") or ""):
        return Diagnosis(
            "JIT", "built in, experimental", "Python results come from an experimental JIT"
        )
    return Diagnosis("JIT", "none")


def check_go(about: Machine) -> Diagnosis:
    """Ask the Go runner if it is built, because only Go knows its GOMAXPROCS; else `go version`."""
    binary = go_build.locate(ROOT / "go") / "bin" / "runner"
    if binary.is_file():
        try:
            description = describing.describe([str(binary)])
        except (OSError, ProtocolError) as error:
            return Diagnosis(
                "go", UNKNOWN, units.one_line(f"the Go runner does not answer: {error}")
            )
        version = description.version.removeprefix("go")
        processors = description.facts.get("gomaxprocs")
        if type(processors) is not int:
            return Diagnosis("go", version)
        advice = ""
        if processors != about.logical_cores:
            why = "GOMAXPROCS is set" if "GOMAXPROCS" in os.environ else "a quota or CPU affinity"
            advice = f"Go does not use all logical cores: {why}"
        return Diagnosis("go", f"{version}, GOMAXPROCS {processors}", advice)
    go_mod = ROOT / "go" / "go.mod"
    if not go_mod.is_file():
        return Diagnosis("go", "none found", "the Go sources are not here; run from a clone")
    command, reason = go_build.find_go(go_mod)
    go_version = None if command is None else go_build.go_version(command)
    if go_version is None:
        return Diagnosis("go", "none found", reason)
    remedy = "the first run builds it" if IS_INSTALLED else "run: make setup"
    return Diagnosis("go", ".".join(map(str, go_version)), f"the Go runner is not built; {remedy}")
