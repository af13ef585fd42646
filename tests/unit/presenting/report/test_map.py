"""The section on the map: complete without a script, and data for the form that agrees with it."""

from __future__ import annotations

import json
from functools import cache

from harness.analysis.choice_map import maps_of
from harness.catalog.grid import count_place, share_place
from harness.presenting.report import page
from tests.support.choice_maps import planted
from tests.support.pages import Parsed, bare
from tests.support.scenes import analysis_of


@cache
def shown() -> Parsed:
    return bare(planted())


def test_the_table_has_every_measured_point_and_what_is_beyond_a_limit() -> None:
    found = shown()
    assert found.mistakes == []
    texts = [" ".join(one.text.split()) for one in found.elements if one.tag == "th"]
    rows = [text for text in texts if "at a time" in text]
    assert len(rows) == len(planted().workloads["mixed"].grid)
    assert any("10,000 at a time" in row and "beyond their limit: threads:" in row for row in rows)
    assert any(text.startswith("go, 1.5") for text in (one.text for one in found.elements))


def test_the_data_of_the_form_is_what_the_map_shows() -> None:
    (form,) = [one for one in shown().elements if "own-work" in one.attributes.get("class", "")]
    data = json.loads(form.attributes["data-map"])
    analysis = planted()
    maps = [one for ones in maps_of(analysis, analysis.workloads["mixed"]).values() for one in ones]
    assert [one["heading"] for one in data["maps"]] == [
        "throughput",
        "throughput, only Python",
        "p90 latency",
        "p90 latency, only Python",
    ]
    for own, given in zip(maps, data["maps"], strict=True):
        for point in own.points:
            column = round((share_place(point.share) - data["left"]) / data["step"])
            row = round((count_place(point.count) - data["low"]) / data["step"])
            letter = given["rows"][row][column]
            name = given["names"][ord(letter.lower()) - ord("a")]
            if point.is_clear:
                assert (name, letter.isupper()) == (point.cells[0].name, True)
    assert len(data["points"]) == len(maps[0].points)


def test_a_run_without_a_map_has_no_section() -> None:
    assert 'id="map"' not in page.render(analysis_of("each shape"), {}, {})
