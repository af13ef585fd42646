"""A run as CSV: one row a cell and metric, in base units."""

from __future__ import annotations

import csv
import io

from harness.results.records import Status
from tests.support.exports import MS, exported


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported("csv"))))


def row(contestant: str, metric: str, case: str = "headline") -> dict[str, str]:
    (found,) = [
        one
        for one in rows()
        if (one["workload"], one["case"]) == ("demo", case)
        and (one["contestant"], one["metric"]) == (contestant, metric)
    ]
    return found


def test_csv_has_one_row_a_cell_and_metric_with_the_estimate_in_base_units() -> None:
    assert len(rows()) == 8 * 4
    assert row("asyncio", "elapsed") == {
        "workload": "demo",
        "case": "headline",
        "params": "tasks=10;wait_ns=50000000",
        "model": "asyncio",
        "variant": "",
        "runtime": "default",
        "contestant": "asyncio",
        "metric": "elapsed",
        "unit": "ns",
        "better": "lower",
        "value": "53000000.0",
        "low": "51000000.0",
        "high": "55000000.0",
        "n": "5",
        **dict.fromkeys([*Status], "0"),
        "ok": "5",
        "message": "",
        "absent": "",
        "reason": "",
        "peak_bytes": str(20 * 2**20),
        "warnings": "",
        "unranked": "",
    }


def test_csv_keeps_a_value_below_zero() -> None:
    assert float(row("threads", "overhead")["value"]) == -8 * MS


def test_csv_leaves_empty_what_is_not_known() -> None:
    few = row("asyncio · threads", "elapsed")
    assert (few["value"], few["low"], few["high"], few["n"]) == ("61000000.0", "", "", "3")
    assert (few["variant"], few["peak_bytes"]) == ("threads", "")
    untold = row("asyncio", "cores")
    assert [untold[name] for name in ("value", "low", "high", "n")] == [""] * 4
    absent = row("go", "elapsed")
    assert [absent[name] for name in ("value", "n", "ok", "timeout", "peak_bytes")] == [""] * 5


def test_csv_counts_failures_and_says_in_one_line_what_went_wrong() -> None:
    failed = row("trio", "elapsed")
    assert (failed["ok"], failed["wrong_answer"], failed["n"]) == ("2", "2", "2")
    assert failed["message"] == "found | 5 \N{REPLACEMENT CHARACTER}[31mexpected 6"
    lost = row("uvloop", "elapsed")
    assert (lost["value"], lost["ok"], lost["timeout"]) == ("", "0", "1")


def test_csv_says_why_a_cell_is_absent() -> None:
    absent = row("go", "elapsed")
    assert (absent["absent"], absent["reason"]) == ("unavailable", "no Go | found here")
