"""Figures of constructed runs: complete, legible, and no stronger than their data."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from harness.analysis.findings import TOO_FEW, overall, title
from harness.analysis.run_results import Analysis, WorkloadResult
from harness.analysis.versus import default_pair
from harness.catalog.workload import HEADLINE, MODELS
from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.errors import Exit, Problem
from harness.presenting import figures
from harness.presenting.figures.row_notes import MARK, REST
from harness.presenting.figures.style import LOOKS, model_looks
from harness.results.records import Absence, Status
from tests.support.drawings import (
    Drawing,
    Page,
    drawing,
    every_scene,
    main_page,
    outside,
    overlaps,
    read_svg_files,
    strays,
    svg_files,
)
from tests.support.scenes import LONG, SCENES, Otherwise
from tests.support.scenes import scene as scene_of

pytestmark = pytest.mark.slow  # draws whole scenes

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}"
LINES = {
    "counter": ("scaling",),
    "fanout": ["scaling"],
    "timers": ["scaling"],
    "echo": ["scaling", "over-message_bytes"],
    "http": ["scaling"],
}
UNITS = {
    "ns": r"-?[\d.,]+ (ns|µs|ms|s)",
    "x": r"[\d.,]+x",
    "cores": r"[\d.,]+ cores?",
    "messages": r"[\d.]+[kM]?/s",
    "bytes": r"[\d.,]+ ([KM]i)?B",
}


def svg_text(svg: str) -> str:
    root = ET.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    return " ".join(" ".join("".join(one.itertext()) for one in root.iter(f"{SVG}text")).split())


def complaints(scene: str, find: object) -> dict[str, list]:
    return {
        name: found
        for name, page in drawing(scene).pages.items()
        if (found := list(find(page)))  # type: ignore[operator]
    }


@every_scene
def test_a_scene_is_drawn_without_a_warning(scene: str) -> None:
    assert drawing(scene).warnings == []


@every_scene
def test_there_is_an_overview_then_claims_a_figure_a_workload_and_one_a_sweep(scene: str) -> None:
    it = drawing(scene)
    pairs = ["versus"] if default_pair(it.analysis) is not None else []
    expected = ["overview", *pairs, *(name for name in it.pages if name.startswith("claims"))]
    for id_, result in it.analysis.workloads.items():
        expected.append(id_)
        if len(result.cases) > 1:
            expected += [
                f"{id_}-{line}" for line in LINES.get(id_, ()) if f"{id_}-{line}" in it.pages
            ]
        expected += [f"{id_}-{kind}" for kind in of_shape(result)]
    expected += ["drift"] * (len(it.analysis.probes) > 2)
    assert it.names == expected


def of_shape(result: WorkloadResult) -> list[str]:
    """Return the kinds of figure that a workload's shape, and what was found, give it."""
    with_curves = [any(cell.curve for cell in cells) for cells in result.cases.values()]
    kinds = {
        "percentiles": any(cell.curve and cell.contestant.is_plain for cell in result.headline),
        "cases": result.workload.shape == "latency"
        and result.workload.sweep is None
        and sum(with_curves) > 1,
        "slopes": any(cell.parked for cell in result.headline),
        "ladder": any(cell.ladder for cells in result.cases.values() for cell in cells),
    }
    return [kind for kind, is_drawn in kinds.items() if is_drawn]


def test_a_figure_is_written_as_png_and_as_svg(tmp_path: Path) -> None:
    it = drawing("only trio")
    figures.draw(it.analysis, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{name}.{kind}" for name in it.names for kind in ("png", "svg")
    )
    for path in tmp_path.glob("*.png"):
        assert path.read_bytes().startswith(PNG)


def test_an_svg_holds_its_title_as_text() -> None:
    scene = "a message of strange characters"
    for name, page in drawing(scene).pages.items():
        assert page.title() in svg_text(svg_files(scene)[name])


@every_scene
def test_no_text_leaves_the_sheet(scene: str) -> None:
    assert complaints(scene, outside) == {}


@every_scene
def test_no_two_texts_overlap(scene: str) -> None:
    assert complaints(scene, overlaps) == {}


@every_scene
def test_no_text_reaches_into_the_panel_beside_it(scene: str) -> None:
    assert complaints(scene, strays) == {}


@every_scene
def test_titles_are_the_findings_of_the_data(scene: str) -> None:
    it = drawing(scene)
    assert it.pages["overview"].title() == overall(list(it.analysis.workloads.values()))
    for id_, result in it.analysis.workloads.items():
        page, found = main_page(it, id_), title(result)
        if not found.finding:  # then the question is the title
            assert result.workload.question in page.title()
            assert f"{TOO_FEW.capitalize()}." in page.words()
        else:
            assert page.title() == found.text


@pytest.mark.parametrize("unit", UNITS)
def test_every_tick_of_a_metric_has_its_unit(unit: str) -> None:
    scenes = ("each shape", "too few blocks", "values below zero", "values of zero", "only asyncio")
    bare = {}
    for scene in scenes:
        for page, axes, which, its_unit in metric_axes(drawing(scene)):
            if its_unit == unit:
                ticks = page.ticks(axes, which)
                assert ticks
                wrong = [text for text in ticks if not re.fullmatch(f"0|{UNITS[unit]}", text)]
                if wrong:
                    bare[scene, page.name] = wrong
    assert bare == {}


@pytest.mark.parametrize("scene", ["everything fails", "nothing measured yet"])
def test_there_is_no_figure_of_a_sweep_of_which_nothing_was_measured(scene: str) -> None:
    assert "fanout-scaling" not in drawing(scene).pages


def metric_axes(it: Drawing) -> list[tuple[Page, Axes, str, str]]:
    """Return the axes that carry a metric, with the base of its unit."""
    found = []
    for name, page in it.pages.items():
        panels = [axes for axes, _ in page.panels]
        if name in ("overview", "versus"):
            found += [(page, axes, "x", "x") for axes in panels]
            continue
        id_, _, kind = name.partition("-")
        if id_ == "claims" or kind not in ("", "scaling"):
            continue
        result = it.analysis.workloads[id_]
        for axes in panels:
            heading = " ".join(axes.get_title(loc="left").split())
            for metric in result.workload.metrics.values():
                if heading.startswith(metric.label):
                    which = "y" if name.endswith("-scaling") else "x"
                    found.append((page, axes, which, metric.unit.partition("/")[0]))
    return found


@pytest.mark.parametrize(
    "scene",
    [
        "each shape",
        "too few blocks",
        "values below zero",
        "no Go",
        "only trio",
        "models from outside",
    ],
)
def test_a_dot_has_the_colour_and_the_marker_of_its_model(scene: str) -> None:
    it = drawing(scene)
    seen = 0
    for id_ in it.analysis.workloads:
        page = main_page(it, id_)
        axes = page.figure.axes[0]
        names = page.ticks(axes, "y")
        for line in axes.get_lines():
            if line.get_marker() not in ("None", "", None):
                (row,) = line.get_ydata()
                model, _, variant = names[round(row)].partition(" · ")
                look = model_looks(it.analysis.models)[model]
                assert (to_hex(line.get_color()), line.get_marker()) == look
                assert to_hex(line.get_markerfacecolor()) == ("#ffffff" if variant else look.colour)
                seen += 1
    assert seen


def test_every_model_has_a_look_of_its_own() -> None:
    assert set(LOOKS) == set(MODELS)


@pytest.mark.parametrize("part", ["colour", "marker"])
def test_no_two_models_share_a_colour_or_a_marker(part: str) -> None:
    shared = [
        (one, other)
        for one, other in itertools.combinations(LOOKS, 2)
        if getattr(LOOKS[one], part) == getattr(LOOKS[other], part)
    ]
    assert shared == []


@every_scene
def test_every_row_is_named_and_marked_if_it_failed(scene: str) -> None:
    it = drawing(scene)
    for id_, result in it.analysis.workloads.items():
        page = main_page(it, id_)
        read, names = page.words(), page.ticks(page.figure.axes[0], "y") if page.panels else []
        for cell in result.headline:
            is_failed = any(status is not Status.OK for status in cell.statuses)
            if cell.metrics:
                assert f"{cell.name} {MARK}" in names if is_failed else cell.name in read


@every_scene
def test_two_lines_below_the_rows_say_why_a_model_is_not_there_or_that_the_report_does(
    scene: str,
) -> None:
    it = drawing(scene)
    for id_, result in it.analysis.workloads.items():
        page = main_page(it, id_)
        assert len(page.figure.texts[-1].get_text().splitlines()) <= 2
        assert len(page.figure.texts[2].get_text().splitlines()) <= 2  # the foot
        for cell in result.headline:
            if cell.absent is not None and not cell.metrics:
                said = f"{cell.name}, ", f"{cell.name}: {cell.absent.absence.label}"
                assert any(text in page.words() for text in (*said, REST, "others: "))


@pytest.mark.parametrize(
    ("scene", "workload", "words"),
    [
        (
            "one model always fails",
            "sumsquares",
            "trio · threads: 6 wrong answer of 6 trials: found 21, expected 20",
        ),
        (
            "one model fails now and then",
            "kitchen",
            "trio: 2 timeout of 6 trials: not finished after 30 s",
        ),
        ("a very long message", "kitchen", LONG.split("]")[0]),
    ],
)
def test_a_failure_is_said_with_its_count_and_its_message(
    scene: str, workload: str, words: str
) -> None:
    assert words in main_page(drawing(scene), workload).words()


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("one model always fails", "failed: wrong answer"),
        ("each shape", "not applicable"),
        ("each shape", "above its limit"),
        ("no Go", "unavailable here"),
        ("only trio", "not selected"),
        ("only trio", "no baseline"),
        ("nothing measured yet", "not measured yet"),
    ],
)
def test_the_overview_says_why_a_place_is_empty(scene: str, words: str) -> None:
    assert words in drawing(scene).pages["overview"].words()


@pytest.mark.parametrize("scene", ["everything fails", "nothing measured yet"])
def test_where_nothing_was_measured_every_title_says_so(scene: str) -> None:
    for page in drawing(scene).pages.values():
        assert "nothing could be measured" in page.title().lower()


def test_an_overview_of_models_that_are_alike_names_no_single_leader() -> None:
    title = drawing("all alike").pages["overview"].title()
    assert title == "Fan-out: asyncio, asyncio-eager and 9 others led, tied"


@pytest.mark.parametrize("name", ["echo-scaling", "fanout-scaling"])
def test_a_sweep_of_too_few_blocks_has_its_question_as_the_title(name: str) -> None:
    it = drawing("each shape")
    page = it.pages[name]
    question = it.analysis.workloads[name.partition("-")[0]].workload.question
    assert page.title().endswith(f": {question}")
    assert page.figure.texts[1].get_text() == "Too few blocks for a finding."


def test_an_overview_of_too_few_blocks_has_no_finding() -> None:
    assert drawing("too few blocks").pages["overview"].title() == "Too few blocks for a finding"


def test_a_sweep_names_the_lines_that_stop() -> None:
    read = drawing("a sweep with holes").pages["fanout-scaling"].words()
    named = re.search(r"Not at every size: ([^.]*)\.", read)
    assert named
    assert {"sequential", "asyncio"} <= set(named[1].split(", "))


def test_a_line_of_a_sweep_has_a_marker_at_each_point_that_was_measured() -> None:
    page = drawing("a sweep with holes").pages["fanout-scaling"]
    points = {
        to_hex(line.get_color()): list(line.get_xdata())
        for line in page.figure.axes[0].get_lines()
        if line.get_marker() not in ("None", "", None)
    }
    assert points[LOOKS["trio"].colour] == [10, 100, 1_000, 10_000]
    assert points[LOOKS["asyncio"].colour] == [10, 100, 1_000]
    assert points[LOOKS["scratch"].colour] == [1_000, 10_000]
    assert points[LOOKS["go"].colour] == [1_000]


@every_scene
def test_the_foot_names_the_machine_the_versions_and_the_date(scene: str) -> None:
    for page in drawing(scene).pages.values():
        read = page.words()
        for words in ("Some Processor 9000 at 3 GHz, 8 cores", "Python 3.13.1", "2026-01-02"):
            assert words in read


def test_the_same_data_give_the_same_svg(tmp_path: Path) -> None:
    again = SCENES["only trio"]()
    figures.draw(again, tmp_path, judge_claims(ledger.load(), again), kinds=("svg",))
    assert read_svg_files(tmp_path) == svg_files("only trio")


def test_a_folder_that_cannot_be_written_is_a_problem_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Problem, match=r"the measurements are safe: .* loombench plot") as caught:
        figures.draw(drawing("only trio").analysis, tmp_path / "file" / "figures")
    assert caught.value.code is Exit.NOT_POSSIBLE


def test_every_absence_has_its_words_in_an_overview() -> None:
    scenes = ("each shape", "no Go", "only trio")
    shown = {
        one.absent.absence
        for scene in scenes
        for result in drawing(scene).analysis.workloads.values()
        for one in result.headline
        if one.absent is not None
    }
    assert shown == set(Absence) - {Absence.MISSING}


# --- while a run is measured


def first_look() -> Analysis:
    """Return a run of which only headline cases have a block so far."""
    only_headlines = Otherwise(lambda usual: usual if usual.cell.case == HEADLINE else None)
    found = scene_of(("noop", "fanout"), models=("asyncio",), blocks=1, fate=only_headlines)
    return replace(found, measuring=True)


def test_figures_of_a_run_that_is_measured_say_so_and_leave_out_lines_of_one_point(
    tmp_path: Path,
) -> None:
    found = first_look()
    written = figures.draw(found, tmp_path, kinds=("svg",))
    assert [path.stem for path in written] == ["overview", "noop", "fanout"]
    for path in written:
        assert "First look: 1 block of 2 workloads; measuring goes on." in svg_text(
            path.read_text("utf-8")
        )
    end = figures.draw(replace(found, measuring=False), tmp_path, kinds=("svg",))
    assert [path.stem for path in end] == ["overview", "noop", "fanout"]
    for path in end:
        assert "First look: fewer than 5 blocks, too few for intervals." in svg_text(
            path.read_text("utf-8")
        )


def test_only_the_figures_of_named_workloads_are_drawn_and_those_of_the_run(
    tmp_path: Path,
) -> None:
    written = figures.draw(first_look(), tmp_path, workloads=("noop",), kinds=("svg",))
    assert [path.stem for path in written] == ["overview", "noop"]


def test_two_processes_draw_the_same_figures_as_one(tmp_path: Path) -> None:
    one = figures.draw(first_look(), tmp_path / "one", kinds=("svg",))
    two = figures.draw(first_look(), tmp_path / "two", kinds=("svg",), shared=True)
    assert sorted(path.name for path in two) == sorted(path.name for path in one)
    for path in one:
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


def test_drawing_stops_between_two_figures_when_it_is_asked_to(tmp_path: Path) -> None:
    asked = iter([False, True])
    figures.draw(first_look(), tmp_path, kinds=("svg",), stop=lambda: next(asked))
    assert [path.name for path in tmp_path.iterdir()] == ["overview.svg"]


def test_a_figure_that_fails_is_named_and_the_others_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # R9
    def defect(*_: object) -> None:
        raise StopIteration("no unit")

    analysis = drawing("too few blocks").analysis
    monkeypatch.setattr(figures.contestants, "figure", defect)
    failures: list[tuple[str, str]] = []
    written = figures.draw(
        analysis,
        tmp_path,
        kinds=("png",),
        failed=lambda name, error: failures.append((name, str(error))),
    )
    assert failures == [(id_, "no unit") for id_ in analysis.workloads]
    assert "overview" in {path.stem for path in written}
