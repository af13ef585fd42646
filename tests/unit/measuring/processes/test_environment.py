"""What a child gets of the environment: the short list, and what the user passes on purpose."""

from __future__ import annotations

import pytest

from harness.errors import Problem
from harness.measuring.processes.environment import create_environment, parse_passed

# Each of these has changed a result, or a set-up, of this or another tool.
HARMFUL = (
    *("PYTHONASYNCIODEBUG", "PYTHONDEVMODE", "PYTHONMALLOC", "PYTHONOPTIMIZE", "PYTHON_GIL"),
    *("PYTHONSTARTUP", "PYTHONPATH", "PYTHONTRACEMALLOC", "UVLOOP_DEBUG"),
    *("GOGC", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "GOFLAGS", "NODE_OPTIONS", "RUST_BACKTRACE"),
    *("MALLOC_ARENA_MAX", "MALLOC_PERTURB_", "GLIBC_TUNABLES", "LD_PRELOAD", "LD_LIBRARY_PATH"),
    *(
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "LANG",
        "LC_CTYPE",
        "TZ",
        "COVERAGE_PROCESS_START",
    ),
)


def test_nothing_that_changes_a_result_reaches_a_child() -> None:
    ambient = dict.fromkeys(HARMFUL, "1") | {"PATH": "/bin", "HOME": "/home/me", "LC_ALL": "tr_TR"}
    assert create_environment({}, ambient) == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "LC_ALL": "C.UTF-8",
    }


def test_what_is_added_wins() -> None:
    assert create_environment({"PATH": "/mine", "GOGC": "off"}, {"PATH": "/bin", "GOGC": "1"}) == {
        "PATH": "/mine",
        "GOGC": "off",
        "LC_ALL": "C.UTF-8",
    }


def test_a_variable_is_passed_with_its_value_or_with_the_one_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOGC", "50")
    assert parse_passed(["GOGC", "A=b=c", "EMPTY="]) == {"GOGC": "50", "A": "b=c", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("=1", "--env: found '=1', expected NAME or NAME=VALUE"),
        ("A-B=1", "--env: found 'A-B=1', expected NAME or NAME=VALUE"),
        ("SURELY_UNSET", "--env SURELY_UNSET: SURELY_UNSET is not set here"),
    ],
)
def test_a_wrong_option_is_named(text: str, message: str) -> None:
    with pytest.raises(Problem, match=message):
        parse_passed([text])


@pytest.mark.parametrize("texts", [["A=1", "A=2"], ["GOGC=1", "GOGC"]])
def test_a_variable_that_is_passed_twice_is_refused(
    texts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOGC", "50")
    name = texts[0].partition("=")[0]
    with pytest.raises(Problem, match=f"--env {name}: found twice, expected once"):
        parse_passed(texts)
