"""A child of the Python runner loads the library of its model and no other."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from harness.paths import ROOT
from runner.models import MODELS, why_unavailable

LIBRARIES = {"asyncio", "trio", "anyio", "uvloop", "gevent", "multiprocessing"}
# `-X importtime` names each module as it is loaded, in the real runner, without touching it.
LOADED = {
    "sequential": set(),
    "threads": set(),
    "loops": set(),
    "interpreters": set(),
    "processes": set(),
    "scratch": set(),
    "asyncio": {"asyncio"},
    "uvloop": {"asyncio", "uvloop"},
    "trio": {"trio"},
    "anyio-asyncio": {"anyio", "asyncio"},
    "anyio-trio": {"anyio", "trio"},
    "gevent": set(),
}
NOTHING = {
    "id": "check",
    "params": {},
    "operations": 1,
    "warmup": 0,
    "iterations": 1,
    "min_sample_ns": 0,
}


def python(*arguments: str, line: bytes = b"") -> tuple[bytes, str]:
    """Run a fresh interpreter; returns what it printed, and its standard error."""
    with subprocess.Popen(
        [sys.executable, "-P", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line)
        process.stdin.flush()  # and it stays open, as a harness keeps it
        out, errors = process.stdout.read(), process.stderr.read().decode()
    assert process.returncode == 0, errors
    return out, errors


def libraries_loaded(*arguments: str, line: bytes = b"") -> set[str]:
    _, errors = python("-X", "importtime", "-m", "runner", *arguments, line=line)
    loaded = {
        name.partition(".")[0]
        for name in re.findall(r"^import time:.*\|\s*(\S+)$", errors, re.MULTILINE)
    }
    assert "runner" in loaded
    return loaded & LIBRARIES


@pytest.mark.parametrize("model", LOADED)
def test_a_child_loads_the_library_of_its_model_and_no_other(model: str) -> None:
    if reason := why_unavailable(MODELS[model]):
        pytest.skip(f"{model}: {reason}")
    request = {"protocol": 2, "workload": "noop", "model": model, "cases": [NOTHING]}
    assert libraries_loaded("run", line=json.dumps(request).encode() + b"\n") == LOADED[model]


def test_describing_loads_no_library() -> None:
    assert libraries_loaded("describe") == set()
