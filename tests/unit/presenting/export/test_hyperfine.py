"""A run in the format of hyperfine: what the file says."""

from __future__ import annotations

import json

import pytest

from tests.support.exports import exported


def test_hyperfine_gets_one_time_in_seconds_a_trial_and_what_it_makes_of_them() -> None:
    found = {one["command"]: one for one in json.loads(exported("hyperfine"))["results"]}
    one = found["demo/headline/asyncio"]
    assert one["times"] == pytest.approx([0.051, 0.052, 0.053, 0.054, 0.055])
    assert one["mean"] == one["median"] == pytest.approx(0.053)
    assert one["stddev"] == pytest.approx(0.0015811, rel=1e-4)
    assert (one["min"], one["max"]) == (pytest.approx(0.051), pytest.approx(0.055))
    assert (one["user"], one["system"]) == (pytest.approx(0.03), pytest.approx(0.01))
    assert one["memory_usage_byte"] == [20 * 2**20] * 5
    assert one["exit_codes"] == [0] * 5
    assert found["demo/headline/trio"]["exit_codes"] == [0, 0]
    assert found["rates/headline/trio"]["times"] == pytest.approx([0.006, 0.006])


def test_hyperfine_has_null_for_what_is_not_known() -> None:
    found = {one["command"]: one for one in json.loads(exported("hyperfine"))["results"]}
    one = found["demo/tasks-100/asyncio"]
    assert (one["stddev"], one["user"], one["system"]) == (None, None, None)
    assert "memory_usage_byte" not in one


def test_hyperfine_has_the_swept_parameter_alone_as_its_plots_need() -> None:
    results = json.loads(exported("hyperfine"))["results"]
    assert {tuple(one["parameters"].items()) for one in results} == {
        (("tasks", "10"),),
        (("tasks", "100"),),
    }
