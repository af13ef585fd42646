"""Implementations as parameters of tests, found by the names of files: no runner is started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK
from harness.paths import ROOT
from harness.results.records import Cell
from runner import implementations, models

# Models of greenlets that can run here: one loop, and still plain functions.
GREENLETS = tuple(
    name for name in ("gevent",) if models.why_unavailable(models.MODELS[name]) is None
)
_GO_MODELS = ("go-1cpu", "go")
_GO_FUNCTION = re.compile(r"^func (?:Run|Prepare)([A-Z][A-Za-z0-9]*)?\(", re.MULTILINE)


def check_cells() -> list[Cell]:
    """Return the check case of every implementation × model, in the order of their names."""
    python = [
        Contestant(each.workload, each.model, each.variant) for each in implementations.find()
    ]
    return [Cell(contestant, CHECK) for contestant in sorted(python + _go())]


def _go() -> list[Contestant]:
    return [
        Contestant(path.parent.name, model, variant.lower())
        for path in (ROOT / "go" / "workloads").glob("*/*.go")
        if not path.stem.endswith("_test")
        for variant in _GO_FUNCTION.findall(path.read_text("utf-8"))
        for model in _GO_MODELS
    ]


def python_parameters(workload: str) -> list[Any]:
    """Return every Python implementation × model of a workload; some cannot run here."""
    return list(_python_parameters(workload))


def _python_parameters(workload: str) -> Iterator[Any]:
    for each in implementations.find():
        if each.workload == workload:
            reason = models.why_unavailable(models.MODELS[each.model])
            marks = [pytest.mark.skip(f"{each.model}: {reason}")] if reason else []
            name = f"{each.model}__{each.variant}" if each.variant else each.model
            yield pytest.param(each, id=name, marks=marks)
