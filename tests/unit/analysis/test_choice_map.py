"""Maps of runs whose border is planted: what they show, and where they show nothing."""

from __future__ import annotations

import numpy as np
import pytest

from harness.analysis.choice_map import ChoiceMap, areas, fill, finding, interpolate, maps_of
from harness.analysis.findings import LONGEST_TITLE
from harness.analysis.map_advice import MapAdvice, Work, advise
from tests.support.choice_maps import is_goes, planted, planted_result

pytestmark = pytest.mark.slow


def of(reached: int = 10_000) -> dict[tuple[str, str], ChoiceMap]:
    """Return the maps of a planted run, by metric and language."""
    found = maps_of(planted(), planted_result(reached))
    return {(metric, one.language): one for metric, maps in found.items() for one in maps}


def asked(cpu_ms: float, wait_ms: float, count: int, reached: int = 10_000) -> MapAdvice:
    work = Work(cpu_ms * 1e6, wait_ms * 1e6, count)
    found = advise(planted(), planted_result(reached), work)
    assert found is not None
    return found


def test_there_is_a_map_for_each_metric_of_all_models_and_of_a_language() -> None:
    metrics, languages = ("throughput", "p90"), ("", "Python")
    assert list(of()) == [(metric, language) for metric in metrics for language in languages]
    python = planted(("asyncio", "threads"), 1)
    maps = maps_of(python, python.workloads["mixed"])
    assert [[one.language for one in found] for found in maps.values()] == [[""], [""]]


@pytest.mark.parametrize("metric", ["throughput", "p90"])
def test_every_measured_point_shows_what_was_planted(metric: str) -> None:
    one = of()[metric, ""]
    assert len(one.points) == len(one.grid.cases)
    for point in one.points:
        reading = one.read(point.share, point.count)
        assert reading.best is not None
        if is_goes(point.share, point.count):
            assert (reading.best.model, reading.is_clear) == ("go", True)
        elif point.share == 0 and point.count >= 1_000:
            assert (reading.best.model, reading.is_clear) == ("asyncio", True)
        else:
            assert not reading.is_clear
            assert not point.is_clear


def test_the_border_between_measured_points_lies_halfway_on_the_logarithmic_axis() -> None:
    one = of()["throughput", ""]
    # Planted between 3 and 10 requests at a time with a share of 30%, so at 5.5.
    assert [one.read(30, count).is_clear for count in (3, 5, 6, 10)] == [False, False, True, True]


def test_nothing_is_shown_beyond_the_measured_points() -> None:
    one = of(reached=1_000)["throughput", ""]
    for share, count in ((10, 1_001), (10, 20_000), (10, 0.5), (-1, 10)):
        assert one.read(share, count).best is None
    assert one.read(10, 1_000).best is not None


def test_a_model_beyond_its_limit_is_no_candidate_there() -> None:
    points = {(point.share, point.count): point for point in of()["throughput", ""].points}
    assert points[10, 30].limited == ()
    assert [model for model, _ in points[10, 100].limited] == ["processes"]
    assert [model for model, _ in points[10, 10_000].limited] == ["threads", "processes"]
    models = {cell.cell.model for cell in points[10, 10_000].cells}
    assert models == {"asyncio", "go"}


def test_too_few_blocks_show_no_leader() -> None:
    few = planted(("asyncio", "go"), 4)
    one, *_ = maps_of(few, few.workloads["mixed"])["throughput"]
    assert areas(one) == {}
    assert not any(point.is_clear for point in one.points)
    assert finding(one).endswith("too few blocks to say what is best where")


def test_the_finding_names_the_largest_area_and_fits_a_title() -> None:
    one = of()["throughput", ""]
    shares = areas(one)
    assert list(shares) == ["go", "asyncio"]
    assert 0.4 < shares["go"] < 0.6
    assert finding(one).startswith("Mixed requests, throughput: go leads ")
    assert len(finding(one)) <= LONGEST_TITLE


def test_unknown_values_are_filled_between_known_ones_only() -> None:
    xs = ys = np.array([0.0, 1.0, 2.0, 3.0])
    values = np.full((4, 4), np.nan)
    values[0, 0], values[2, 0], values[0, 2], values[2, 2] = 0.0, 2.0, 0.0, 2.0
    is_measured = ~np.isnan(values)
    is_measured[1, 0] = True  # measured, but this contestant has no value there
    filled = fill(values, is_measured, xs, ys)
    assert np.isnan(filled[1, 0])
    assert np.isnan(filled[3]).all()
    assert np.isnan(filled[:, 3]).all()
    assert filled[1, 1] == filled[1, 2] == 1.0
    at = np.array([0.5, 1.5, 2.0, 2.5]), np.array([1.5, 1.5, 2.0, 1.0])
    assert interpolate(filled, xs, ys, *at)[:3].tolist() == [0.5, 1.5, 2.0]
    assert np.isnan(interpolate(filled, xs, ys, *at)[3])


# --- advice for one's own requests


def test_advice_names_the_best_of_each_map_and_the_nearest_points_with_their_ratio() -> None:
    found = asked(5, 50, 200)
    assert found.is_measured
    assert [(one.judged_by, one.text) for one in found.choices] == [
        ("throughput", "go"),
        ("throughput, in Python", "asyncio"),
        ("p90 latency", "go"),
        ("p90 latency, in Python", "asyncio"),
    ]
    assert [one.measured.at_a_time for one in found.evidence] == [300, 100]
    assert "1.5 times as many at a time" in found.evidence[0].distance
    findings = {one.judged_by: one.text for one in found.evidence[0].findings}
    for metric in ("throughput", "p90 latency"):
        text = findings[metric]
        assert text.startswith("go, 1.5")
        assert text.endswith("better than asyncio")
        assert "[" in text


def test_advice_says_what_is_tied_and_what_is_beyond_a_limit() -> None:
    found = asked(0.1, 9.9, 3)
    assert "(tied)" in found.choices[0].text
    assert found.evidence[0].distance == "about here"
    assert any("processes is beyond its limit" in note for note in asked(1, 9, 100).notes)


def test_advice_says_that_the_readers_requests_are_longer() -> None:
    notes = asked(100, 900, 10).notes
    assert any("100 times as long as those measured" in note for note in notes)
    assert not any("times as" in note for note in asked(1, 9, 10).notes)


def test_advice_says_where_the_cpu_time_was_not_what_was_meant() -> None:
    notes = asked(1, 0, 100).notes
    said = "used 500 µs to 1.00 ms of CPU, depending on the model; the workload asks for 500 µs."
    assert any(said in note for note in notes)
    assert not any("asks for" in note for note in asked(1, 9, 100).notes)


def test_advice_beyond_the_measured_points_is_a_command() -> None:
    found = asked(1, 9, 2_000, reached=1_000)
    assert not found.is_measured
    assert {one.text for one in found.choices} == {"not measured here"}
    assert found.notes[-1] == "Not measured here. Run:"
    assert found.command == (
        "loombench run --workload mixed --case share-10-at-1000 --case share-10-at-3000"
    )
    assert found.evidence  # the nearest points are named all the same
