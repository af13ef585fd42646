"""harness.measuring.toolchains: how interpreters and Go were built, what they would use."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.measuring import toolchains
from harness.measuring.machine import facts
from harness.measuring.runners import describing, go_build, protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.results.records import Diagnosis


# --- the interpreter


@pytest.mark.parametrize(
    ("config", "value", "advised"),
    [
        (
            {"CONFIG_ARGS": "'--enable-optimizations' '--with-lto'", "OPT": "-DNDEBUG -g -O3"},
            "release, -O3, PGO, LTO",
            False,
        ),
        ({"CONFIG_ARGS": "", "PY_CFLAGS": "-O2 -Wall"}, "release, -O2, no PGO, no LTO", True),
        (
            {"CONFIG_ARGS": "--with-pydebug", "Py_DEBUG": 1, "PY_CFLAGS": "-O0"},
            "debug, -O0, no PGO, no LTO",
            True,
        ),
        ({"CONFIG_ARGS": "--with-lto=no --enable-optimizations"}, "release, PGO, no LTO", False),
        ({}, "unknown", False),
    ],
)
def test_a_slow_build_of_python_is_noticed(
    config: dict[str, object], value: str, *, advised: bool
) -> None:
    finding = toolchains.check_build(config)
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(
    ("free_threaded", "enabled", "value", "advised"),
    [
        (0, None, "on", False),
        (0, True, "on", False),
        (1, False, "off", False),
        (1, True, "on", True),
    ],
)
def test_a_gil_that_was_switched_on_again_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    free_threaded: int,
    enabled: bool | None,  # noqa: FBT001
    value: str,
    *,
    advised: bool,
) -> None:
    if enabled is None:
        monkeypatch.delattr(sys, "_is_gil_enabled", raising=False)
    else:
        monkeypatch.setattr(sys, "_is_gil_enabled", lambda: enabled, raising=False)
    finding = toolchains.check_gil({"Py_GIL_DISABLED": free_threaded})
    assert (finding.value, bool(finding.advice)) == (value, advised)


@pytest.mark.parametrize(
    ("available", "enabled", "asked", "value"),
    [
        (True, True, "", "on"),
        (True, False, "", "off"),
        (False, False, "--enable-experimental-jit", "none"),
        (None, None, "--enable-experimental-jit=yes", "built in, experimental"),
        (None, None, "", "none"),
    ],
)
def test_a_jit_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    available: bool | None,  # noqa: FBT001
    enabled: bool | None,  # noqa: FBT001
    asked: str,
    value: str,
) -> None:
    monkeypatch.setattr(toolchains.platform, "python_implementation", lambda: "CPython")
    if available is None:
        monkeypatch.delattr(sys, "_jit", raising=False)
    else:
        jit = SimpleNamespace(is_available=lambda: available, is_enabled=lambda: enabled)
        monkeypatch.setattr(sys, "_jit", jit, raising=False)
    assert toolchains.check_jit({"CONFIG_ARGS": asked}).value == value


def test_the_jit_of_another_implementation_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(toolchains.platform, "python_implementation", lambda: "PyPy")
    assert toolchains.check_jit({}).value == "unknown"


# --- Go


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Diagnosis]:
    """Return what is found where a Go runner answers so, or where it was not built."""

    def found(answer: dict[str, object] | Exception | None) -> Diagnosis:
        (tmp_path / "go" / "bin").mkdir(parents=True)
        (tmp_path / "go" / "go.mod").write_text("go 1.26\n")
        monkeypatch.setattr(toolchains, "ROOT", tmp_path)

        def describe(command: list[str]) -> protocol.Description:
            if isinstance(answer, Exception):
                raise answer
            return protocol.Description(1, "go", "1.26.0", (), facts=answer)

        if answer is not None:
            (tmp_path / "go" / "bin" / "runner").write_text("")
        monkeypatch.setattr(describing, "describe", describe)
        monkeypatch.setattr(facts.psutil, "cpu_count", lambda: 4)
        monkeypatch.delenv("GOMAXPROCS", raising=False)
        return toolchains.check_go(facts.describe_machine())

    return found


@pytest.mark.parametrize(
    ("answer", "value", "advice"),
    [
        ({"gomaxprocs": 4}, "1.26.0, GOMAXPROCS 4", ""),
        ({"gomaxprocs": 2}, "1.26.0, GOMAXPROCS 2", "a quota or CPU affinity"),
        ({}, "1.26.0", ""),
        (protocol.ProtocolError("it is mute"), "unknown", "does not answer: it is mute"),
        (OSError("no such file"), "unknown", "does not answer: no such file"),
    ],
)
def test_go_is_asked_for_its_gomaxprocs(
    go: Callable[..., Diagnosis], answer: object, value: str, advice: str
) -> None:
    finding = go(answer)
    assert finding.value == value
    assert advice in finding.advice
    assert bool(finding.advice) == bool(advice)


def test_a_gomaxprocs_set_by_the_user_is_named_as_the_reason(
    go: Callable[..., Diagnosis], monkeypatch: pytest.MonkeyPatch
) -> None:
    go({"gomaxprocs": 1})
    monkeypatch.setenv("GOMAXPROCS", "1")
    assert "GOMAXPROCS is set" in toolchains.check_go(facts.describe_machine()).advice


@pytest.mark.parametrize(
    ("found", "version", "value", "advice"),
    [
        (("go", ""), (1, 26), "1.26", "make setup"),
        ((None, "no Go found; install Go"), None, "none found", "install Go"),
    ],
)
def test_without_a_runner_the_go_command_is_looked_for(
    go: Callable[..., Diagnosis],
    monkeypatch: pytest.MonkeyPatch,
    found: tuple[str | None, str],
    version: tuple[int, int] | None,
    value: str,
    advice: str,
) -> None:
    monkeypatch.setattr(go_build, "find_go", lambda go_mod: found)
    monkeypatch.setattr(go_build, "go_version", lambda command: version)
    finding = go(None)
    assert finding.value == value
    assert advice in finding.advice
