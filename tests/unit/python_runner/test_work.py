"""runner.work: the parameters and the probe of an implementation."""

from __future__ import annotations

import pytest

from runner.work import Params, Probe, most_at_once


def test_parameters_are_attributes() -> None:
    params = Params({"rounds": 3, "name": "x"})
    assert (params.rounds, params.text("name")) == (3, "x")


@pytest.mark.parametrize(
    ("values", "known"), [({"wait_ns": 1, "tasks": 2}, "tasks, wait_ns"), ({}, "none")]
)
def test_the_error_for_a_missing_parameter_lists_the_existing_ones(
    values: dict[str, int | str], known: str
) -> None:
    with pytest.raises(AttributeError) as missing:
        _ = Params(values).rounds
    assert str(missing.value) == f"the case has no parameter 'rounds'; it has: {known}"


def test_the_error_for_a_missing_text_parameter_names_it() -> None:
    with pytest.raises(AttributeError, match="no parameter 'name'"):
        Params({}).text("name")


@pytest.mark.parametrize(
    ("values", "largest"), [([3], 3), ([3, 5, 4], 5), ([0], 0), ([-2, -5], -2), ([-1, 0], 0)]
)
def test_a_probe_keeps_the_largest_value_for_each_name(values: list[int], largest: int) -> None:
    probe = Probe()
    for value in values:
        probe.observe("in_flight", value)
    probe.observe("other", 1)
    assert probe.observed == {"in_flight": largest, "other": 1}


def test_a_probe_keeps_the_smallest_value_that_every_call_must_reach() -> None:
    probe = Probe()
    for value in (5, 3, 4):
        probe.observe_least("in_flight", value)
    assert probe.observed == {"in_flight": 3}


def test_an_unused_probe_has_observed_nothing() -> None:
    assert Probe().observed == {}


@pytest.mark.parametrize(
    ("spans", "most"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 10), (1, 4), (2, 8)], 3),
        ([(0, 1), (2, 3), (4, 5)], 1),
        ([(2, 3), (0, 1)], 1),
        ([(0, 5), (5, 9)], 1),  # one ends when the other starts
        ([(0, 2), (1, 4), (3, 6)], 2),
        ([(0, 9)] * 4, 4),
    ],
)
def test_most_at_once_counts_overlapping_spans(spans: list[tuple[int, int]], most: int) -> None:
    assert most_at_once(spans) == most


def test_most_at_once_accepts_any_iterable() -> None:
    assert most_at_once((start, start + 2) for start in range(3)) == 2
