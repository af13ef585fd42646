"""The summary for programs: what `summary.json` in a run directory says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.analysis.analyse import analyse
from harness.errors import Problem
from harness.presenting import export
from harness.presenting.export.selection import ExportSelection
from harness.results.records import Absence, AbsentCell, Run, Status, Trial
from tests.support.factories import cell, run, trials

MS = 1_000_000
QUICK = [50 * MS, 51 * MS, 52 * MS, 53 * MS, 54 * MS, 52 * MS]


def measured() -> tuple[Run, list[Trial]]:
    lost = AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go here")
    about = run([cell("asyncio"), cell("threads"), cell("trio")], [lost])
    return about, [
        *trials("asyncio", QUICK),
        *trials("threads", [3 * value for value in QUICK]),
        *trials("trio", QUICK[:1], status=Status.CRASH, message="it fell over"),
    ]


def document(selection: ExportSelection | None = None) -> dict[str, Any]:
    analysis = analyse(*measured())
    return json.loads(export.render("json", analysis, (), selection or ExportSelection(), []))


def cells(found: dict[str, Any]) -> dict[str, Any]:
    headline = next(one for one in found["workloads"][0]["cases"] if one["id"] == "headline")
    return {one["contestant"]: one for one in headline["cells"]}


def test_every_estimate_travels_with_its_interval_and_n() -> None:
    one = cells(document())["asyncio"]
    estimate = next(iter(one["metrics"].values()))
    assert estimate["n"] == len(QUICK)
    assert estimate["low"] <= estimate["value"] <= estimate["high"]
    assert one["statuses"] == {"ok": len(QUICK)}


def test_a_comparison_says_how_far_apart_and_whether_that_is_real() -> None:
    comparison = document()["workloads"][0]["comparison"]
    pair = next(
        one for one in comparison["pairs"] if (one["this"], one["to"]) == ("threads", "asyncio")
    )
    assert pair["value"] == pytest.approx(3)
    assert pair["verdict"] == "different"
    assert comparison["tiers"] == [["asyncio"], ["threads"]]


def test_what_failed_or_is_absent_is_said_and_has_no_value() -> None:
    found = cells(document())
    assert found["trio"]["metrics"] == {}
    assert found["trio"]["ratio_to_baseline"] is None
    assert found["trio"]["statuses"] == {"crash": 1}
    assert found["trio"]["message"] == "it fell over"
    assert found["go"]["absent"] == {"why": "unavailable", "reason": "no Go here"}


def test_a_selection_leaves_the_rest_out() -> None:
    found = document(ExportSelection(models=("threads",)))
    assert list(cells(found)) == ["threads"]
    assert found["workloads"][0]["comparison"]["pairs"] == []


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(Problem, match="treads"):
        document(ExportSelection(models=("treads",)))
