"""runner.interpreter: what a build declares, in the words of a result."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from runner import interpreter

BOTH = "'--enable-optimizations' '--with-lto' '--prefix=/opt/python'"


@pytest.mark.parametrize(
    ("known", "fact"),
    [
        ({}, ""),
        ({"PY_CFLAGS_NODIST": "-O3 -Wall"}, "-O3"),
        ({"CONFIG_ARGS": BOTH, "PY_CORE_CFLAGS": "-O2 -O3"}, "-O3, PGO, LTO"),
        ({"CONFIG_ARGS": "'--with-lto=no'", "PY_CFLAGS_NODIST": "-O3"}, "-O3"),
        ({"PY_LDFLAGS_NODIST": "-flto=auto -fprofile-use", "PY_CFLAGS_NODIST": "-O3"},
         "-O3, PGO, LTO"),
        ({"CONFIG_ARGS": "'--with-pydebug'", "PY_CFLAGS_NODIST": "-Og", "Py_DEBUG": "1"},
         "-Og, debug"),
    ],
)  # fmt: skip
def test_optimisation_is_what_the_build_declares(known: dict[str, str], fact: str) -> None:
    assert interpreter._describe_optimisation(known) == fact


@pytest.mark.parametrize(
    ("available", "enabled", "fact"),
    [(False, False, "none"), (True, False, "off"), (True, True, "on")],
)
def test_an_interpreter_that_knows_its_jit_is_asked(
    *, available: bool, enabled: bool, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    jit = SimpleNamespace(is_available=lambda: available, is_enabled=lambda: enabled)
    fake = SimpleNamespace(implementation=SimpleNamespace(name="cpython"), _jit=jit)
    monkeypatch.setattr(interpreter, "sys", fake)
    assert interpreter._describe_jit({}) == fact


@pytest.mark.parametrize(
    ("asked", "variable", "fact"),
    [
        ("", "1", "none"),
        ("--enable-experimental-jit", None, "on"),
        ("--enable-experimental-jit", "0", "off"),
        ("--enable-experimental-jit=yes-off", None, "off"),
        ("--enable-experimental-jit=yes-off", "1", "on"),
    ],
)
def test_the_jit_of_3_13_follows_the_build_and_the_variable(
    asked: str, variable: str | None, fact: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = SimpleNamespace(implementation=SimpleNamespace(name="cpython"))
    monkeypatch.setattr(interpreter, "sys", fake)
    monkeypatch.delenv("PYTHON_JIT", raising=False)
    if variable is not None:
        monkeypatch.setenv("PYTHON_JIT", variable)
    assert interpreter._describe_jit({"CONFIG_ARGS": asked}) == fact


def test_places_on_the_machine_of_a_build_are_no_fact() -> None:
    assert interpreter._without_paths(BOTH) == "--enable-optimizations --with-lto"
