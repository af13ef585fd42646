"""Bands in figures: tiers and the noise floor, shaded and explained as the data have them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain, groupby
from operator import itemgetter

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.transforms import Bbox

from harness.analysis.lead import lead_of
from harness.analysis.run_results import ranked
from harness.catalog.workload import MODELS
from harness.presenting.figures import contestants, style
from harness.presenting.figures.row_notes import MARK, collect
from harness.presenting.figures.style import BAND, FLOOR
from tests.support import factories
from tests.support.drawings import drawing, main_page
from tests.support.scenes import analysis_of

pytestmark = pytest.mark.slow  # draws whole scenes

# Scenes of many tiers, of one and of none, and with all that can be missing from a figure.
in_scenes = pytest.mark.parametrize(
    "scene",
    [
        "only asyncio",
        "five workloads",
        "all alike",
        "too few blocks",
        "nothing measured yet",
        "one model always fails",
        "values below zero",
    ],
)


def spans(axes: Axes, colour: str) -> list[Bbox]:
    """Return the bands of a colour, in the data of the axes."""
    return [patch.get_bbox() for patch in axes.patches if to_hex(patch.get_facecolor()) == colour]


def shaded(axes: Axes) -> list[int]:
    """Return the rows that are shaded; each as high as a row, from one side to the other."""
    bands = spans(axes, BAND)
    assert all((band.x0, band.x1, band.height) == (0, 1, 1) for band in bands)
    return sorted(round(band.y0 + 0.5) for band in bands)


@in_scenes
def test_tiers_are_shaded_alternately_in_every_panel(scene: str) -> None:
    it = drawing(scene)
    for id_, result in it.analysis.workloads.items():
        page = main_page(it, id_)
        panels = page.figure.axes
        names = page.ticks(panels[0], "y") if panels else []
        tier_of = {
            cell.name: result.comparison.tier_of(cell.contestant) for cell in result.headline
        }
        found = [name.removesuffix(f" {MARK}") for name in names]
        # Headings of groups are white and no band.
        rows = [(row, tier_of[name]) for row, name in enumerate(found) if name in tier_of]
        bands = [[row for row, _ in band] for _, band in groupby(rows, key=itemgetter(1))]
        expected = sorted(chain.from_iterable(bands[1::2]))
        assert [shaded(axes) for axes in panels] == [expected] * len(panels)


def test_tiers_with_a_tier_between_them_that_is_not_drawn_differ_in_colour() -> None:
    """As where rows of other Pythons are left out."""
    analysis = analysis_of("each shape")
    result = analysis.workloads["fanout"]
    first, hidden, third, *_ = result.comparison.tiers
    kept = [cell for cell in result.headline if cell.contestant in {*first, *third}]
    fewer = replace(result, cases={**result.cases, result.headline_id: kept})
    with style.applied():
        axes = contestants.figure(analysis, fewer).axes[0]
    assert hidden
    assert shaded(axes) == list(range(len(first), len(first) + len(third)))


@in_scenes
def test_a_title_and_the_first_band_name_the_same_leaders(scene: str) -> None:
    for result in analysis_of(scene).workloads.values():
        tiers = result.comparison.tiers
        if tiers:
            lead = lead_of(ranked(result), result.comparison)
            assert set(lead.names) == {contestant.name for contestant in tiers[0]}


def test_groups_of_variants_have_headings_and_rows_of_their_own() -> None:
    page = main_page(drawing("only asyncio"), "pingpong")
    names = page.ticks(page.figure.axes[0], "y")
    assert names == ["idiomatic", "asyncio", "floor", "asyncio · futures"]
    weights = [text.get_fontweight() for text in page.figure.axes[0].get_yticklabels()]
    assert weights == ["bold", "normal", "bold", "normal"]


def test_the_second_of_two_tiers_is_shaded_and_the_first_is_not() -> None:
    it = drawing("five workloads")
    tiers = it.analysis.workloads["noop"].comparison.tiers
    assert [[contestant.name for contestant in tier] for tier in tiers] == [
        ["sequential"],
        ["asyncio"],
    ]
    assert shaded(main_page(it, "noop").figure.axes[0]) == [1]


def test_there_are_scenes_of_many_tiers_of_one_tier_and_of_none() -> None:
    tiers = {
        scene: {len(result.comparison.tiers) for result in analysis_of(scene).workloads.values()}
        for scene in ("each shape", "all alike", "too few blocks", "nothing measured yet")
    }
    assert min(tiers.pop("each shape")) > 3
    assert tiers == {"all alike": {1}, "too few blocks": {0}, "nothing measured yet": {0}}


@pytest.mark.parametrize("scene", ["too few blocks", "nothing measured yet", "all alike"])
def test_without_a_second_tier_nothing_is_shaded(scene: str) -> None:
    it = drawing(scene)
    for id_ in it.analysis.workloads:
        assert [shaded(axes) for axes in main_page(it, id_).figure.axes if shaded(axes)] == []


@in_scenes
def test_the_foot_says_what_bands_mean_and_the_noise_floor_where_there_are_tiers(
    scene: str,
) -> None:
    it = drawing(scene)
    for id_, result in it.analysis.workloads.items():
        read = main_page(it, id_).words()
        comparison = result.comparison
        assert ("rows of one band are tied with its best" in read) == bool(comparison.tiers)
        if comparison.tiers and comparison.floor is not None:
            percent = re.search(r"Noise floor: ([\d.,]+)%; smaller differences are ignored", read)
            assert percent
            assert float(percent[1]) == pytest.approx(100 * (comparison.floor - 1), rel=0.05)
        else:
            assert "Noise floor" not in read


@in_scenes
def test_the_noise_floor_is_a_band_around_one_in_the_overview(scene: str) -> None:
    it = drawing(scene)
    results = it.analysis.workloads.values()
    for axes, result in zip(it.pages["overview"].figure.axes, results, strict=True):
        floor = result.comparison.floor
        bands = [(band.x0, band.x1, band.y0, band.y1) for band in spans(axes, FLOOR)]
        assert bands == ([] if floor is None else [pytest.approx((1 / floor, floor, 0, 1))])


def test_there_are_scenes_with_a_noise_floor_and_without_one() -> None:
    floors = {
        scene: [result.comparison.floor for result in analysis_of(scene).workloads.values()]
        for scene in ("each shape", "too few blocks")
    }
    assert all(floor is not None and floor > 1 for floor in floors["each shape"])
    assert floors["too few blocks"] == [None]


@in_scenes
def test_the_control_is_no_contestant_of_a_figure(scene: str) -> None:
    assert [page.name for page in drawing(scene).pages.values() if "(again)" in page.words()] == []


@pytest.mark.parametrize(
    ("without", "said", "is_marked"),
    [((), "all rows", False), (("go",), "all rows but go", False), (MODELS[6:], "…", True)],
    ids=["all", "all but one", "half"],
)
def test_a_note_on_most_rows_names_the_others_and_marks_nobody(
    without: tuple[str, ...], said: str, *, is_marked: bool
) -> None:
    measured = factories.result(
        *(
            factories.trial(model, block, warnings=() if model in without else ("it was late",))
            for model in MODELS
            for block in range(5)
        )
    )
    (note,) = [note for note in collect(measured) if note.text.startswith("it was late")]
    assert bool(note.marked) is is_marked
    if not is_marked:
        assert note.sentence == f"{said}: {note.text}"
