"""The overview of a run with many workloads: a table, which stays readable."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness.analysis.run_results import FEW_WORKLOADS, Analysis
from harness.catalog.workload import TOPICS
from harness.presenting.figures import overview_table, style
from tests.support.drawings import Page, laid_out, outside, overlaps
from tests.support.scenes import analysis_of, scene

pytestmark = pytest.mark.slow  # draws whole scenes

MANY = 29


@cache
def page_of(scene: str, topics: tuple[str, ...] = TOPICS) -> Page:
    """Return the overview of a scene whose workloads are there many times, on topic after topic."""
    return laid_out(many(analysis_of(scene), topics), only=("overview",)).pages["overview"]


def many(analysis: Analysis, topics: tuple[str, ...]) -> Analysis:
    results = list(analysis.workloads.values())
    copies = {}
    for number in range(MANY):
        result = results[number % len(results)]
        topic = topics[number % len(topics)]
        workload = replace(result.workload, id=f"w{number}", title=f"No. {number}", topic=topic)
        copies[workload.id] = replace(result, workload=workload)
    return replace(analysis, workloads=copies)


def row_of(page: Page, title: str) -> list[str]:
    """Return what stands in the row of a workload, from the left."""
    (middle,) = {text.get_position()[1] for text, _ in page.texts if text.get_text() == title}
    found = [text for text, _ in page.texts if text.get_position()[1] == middle]
    return [text.get_text() for text in sorted(found, key=lambda text: text.get_position()[0])]


@pytest.mark.parametrize(
    "scene", ["each shape", "contestants without a rank", "models from outside", "too few blocks"]
)
def test_no_text_of_many_workloads_leaves_the_sheet_or_covers_another(scene: str) -> None:
    page = page_of(scene)
    assert list(outside(page)) == []
    assert list(overlaps(page)) == []


def test_every_workload_has_a_row_under_the_heading_of_its_topic() -> None:
    words = [text.get_text() for text, _ in page_of("each shape").texts]
    headings = [words.index(topic.capitalize()) for topic in TOPICS]
    assert headings == sorted(headings)
    for number in range(MANY):
        row = words.index(f"No. {number}")
        above = [heading for heading in headings if heading < row]
        assert len(above) == number % len(TOPICS) + 1


def test_workloads_without_a_topic_come_last() -> None:
    words = page_of("each shape", ("", "waiting")).words()
    assert words.index("Waiting") < words.index("No. 1") < words.index("Other")
    assert words.index("Other") < words.index("No. 0")


def test_without_topics_there_are_no_headings() -> None:
    words = page_of("each shape", ("",)).words()
    assert "Other" not in words.split()


def test_a_number_is_the_cost_in_parts_of_the_baseline() -> None:
    analysis = analysis_of("each shape")
    place = list(analysis.workloads).index("echo")
    result = analysis.workloads["echo"]
    (trio,) = (cell for cell in result.headline if cell.name == "trio")
    assert result.metric.better == "higher"
    assert trio.ratio is not None
    row = row_of(page_of("each shape"), f"No. {place}")
    assert "1.0" in row, "the baseline itself"
    assert f"{1 / trio.ratio.value:.1f}" in row


def test_a_place_without_a_number_says_why() -> None:
    words = page_of("each shape").words().split()
    assert "n/a" in words
    assert "limit" in words
    assert "client" in page_of("contestants without a rank").words().split()


def test_few_workloads_are_drawn_with_their_intervals() -> None:
    page = laid_out(analysis_of("each shape"), only=("overview",)).pages["overview"]
    assert len(page.panels) == len(analysis_of("each shape").workloads) <= FEW_WORKLOADS
    assert len(page_of("each shape").panels) == 1


def test_those_that_do_other_work_have_no_number_and_do_not_lead() -> None:
    """In pickling, threads and Go hand over a reference, and copy nothing."""
    analysis = scene(("pickling",), models=("asyncio", "threads", "go", "trio"))
    with style.applied():
        words = [text.get_text() for text in overview_table.figure(analysis).axes[0].texts]
    assert words.count("other") == 2
