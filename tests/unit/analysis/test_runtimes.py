"""What several runtimes of a run show, and what must not be taken for a difference of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import structs

from harness.analysis import builds, runtimes
from harness.analysis.analyse import analyse
from harness.analysis.run_results import Analysis, CellResult
from harness.catalog.contestant import Contestant, parse_name
from harness.presenting import figures
from harness.presenting.export.selection import ExportSelection, export_name
from harness.presenting.figures import contestants
from harness.results.records import Absence, AbsentCell, Cell, RunnerFacts, Trial
from tests.support.factories import cell, run, trials

FREE = "3.14t"
MS = 1_000_000
BLOCKS = 8
MODELS = ("sequential", "asyncio", "threads")


def on(model: str, runtime: str = FREE) -> Cell:
    plain = cell(model)
    return structs.replace(plain, contestant=structs.replace(plain.contestant, runtime=runtime))


def values(milliseconds: float) -> list[int]:
    return [round(milliseconds * MS * (1 + block % 3 / 100)) for block in range(BLOCKS)]


def measured(of: Cell | str, milliseconds: float, **more: Any) -> list[Trial]:
    return trials(of, values(milliseconds), **more)


def analysed(
    *of: Sequence[Trial], optimised: str = "-O3, PGO", absent: tuple[AbsentCell, ...] = ()
) -> Analysis:
    """Analyse trials of two runtimes, the default one built with `-O3`."""
    every = [trial for some in of for trial in some]
    runners = (
        RunnerFacts("python", "python", "3.11.7", MODELS, {"optimised": "-O3"}),
        RunnerFacts("python", "python", "3.14.1", MODELS, {"optimised": optimised}, FREE),
    )
    cells = list(dict.fromkeys(one.cell for one in every))
    return analyse(structs.replace(run(cells, absent), runners=runners), every)


def result_of(analysis: Analysis, of: Cell) -> CellResult:
    return next(one for one in analysis.workloads["demo"].headline if one.cell == of)


SCENE = (measured("asyncio", 20), measured("sequential", 40), measured("threads", 30))


def test_a_cell_whose_gil_came_on_does_not_look_free_threaded() -> None:
    analysis = analysed(
        *SCENE,
        measured(on("threads"), 10, facts={"gil": False, "gil_after": False}),
        measured(on("asyncio"), 15, facts={"gil": False, "gil_after": True}),
    )
    free, locked = (result_of(analysis, on(model)) for model in ("threads", "asyncio"))
    assert (free.name, locked.name) == ("threads @ 3.14t", "asyncio @ 3.14t (GIL on)")
    assert any("switched the GIL on in 8 of 8 trials" in text for text in locked.warnings)
    assert not any("GIL" in text for text in free.warnings)
    (gap,) = runtimes.list_gaps(analysis, list(analysis.workloads.values()))
    assert gap == "asyncio @ 3.14t was not free-threaded (hollow)"


def test_what_the_default_runtime_lacks_is_named_once_and_limits_of_the_work_are_not() -> None:
    lost = "needs Python 3.14 or later, and this is 3.11.7"
    limit = "stops at 10 tasks: it does"
    analysis = analysed(
        measured("sequential", 40),
        measured(on("asyncio"), 15),
        absent=(
            AbsentCell(cell("threads"), Absence.UNAVAILABLE, lost),
            AbsentCell(on("threads"), Absence.LIMITED, limit),
            AbsentCell(cell("asyncio"), Absence.LIMITED, limit),
        ),
    )
    gaps = runtimes.list_gaps(analysis, list(analysis.workloads.values()))
    assert gaps == [f"threads: {lost}"]


def test_a_ratio_between_builds_has_a_warning() -> None:
    of_builds = "the ratio is between different builds: 3.14t declares -O3, PGO, the default"
    other = analysed(*SCENE, measured(on("threads"), 10))
    assert any(of_builds in text for text in result_of(other, on("threads")).warnings)
    assert not result_of(other, cell("threads")).warnings
    assert "3.14t -O3, PGO" in builds.list_builds(other.run)[0]
    same = analysed(*SCENE, measured(on("threads"), 10), optimised="-O3")
    assert not result_of(same, on("threads")).warnings
    assert builds.list_builds(same.run) == []


def test_a_speed_up_is_over_the_baseline_of_the_same_runtime() -> None:
    analysis = analysed(*SCENE, measured(on("threads"), 10), measured(on("sequential"), 20))
    metrics = {one.name: one.metrics for one in analysis.workloads["demo"].headline}
    assert metrics["threads"]["speedup"].value == 40 / 30
    assert metrics["threads @ 3.14t"]["speedup"].value == 2
    alone = analysed(*SCENE, measured(on("threads"), 10))
    assert result_of(alone, on("threads")).lacking["speedup"] == "no value of sequential"


def test_each_runtime_is_counted_against_the_default_one() -> None:
    analysis = analysed(
        *SCENE,
        measured(on("threads"), 10),
        measured(on("asyncio"), 30),
        measured(on("sequential"), 40),
    )
    results = list(analysis.workloads.values())
    assert runtimes.tallies(analysis, results) == [runtimes.Tally(FREE, 1, 1, 3)]
    assert runtimes.finding(analysis, results) == (
        "Against Python 3.11.7: 3.14t better in 1, worse in 1 of 3"
    )
    assert runtimes.surest_difference(analysis, results) == (
        "threads on 3.14t: 3.0x better than on Python 3.11.7 in Demo"
    )


def test_without_a_difference_the_finding_says_how_many_pairs_there_were() -> None:
    same = analysed(*SCENE, measured(on("threads"), 30))
    (result,) = same.workloads.values()
    assert runtimes.surest_difference(same, [result]) == ""
    assert runtimes.finding(same, [result]) == (
        "Against Python 3.11.7: 3.14t better in 0, worse in 0 of 1"
    )


def test_the_figure_exists_only_with_several_runtimes(tmp_path: Any) -> None:
    one, two = analysed(*SCENE), analysed(*SCENE, measured(on("threads"), 10))
    assert figures.draw(one, tmp_path, only=("runtimes",), kinds=("svg",)) == []
    (path,) = figures.draw(two, tmp_path, only=("runtimes",), kinds=("svg",))
    text = path.read_text("utf-8")
    for shown in ("3.11.7 (default)", "3.14t (3.14.1)", "threads", "Different builds"):
        assert shown in text


def test_a_runtime_is_part_of_a_name() -> None:
    contestant = Contestant("demo", "asyncio", "futures", FREE)
    assert parse_name("demo", contestant.name) == contestant
    assert parse_name("demo", "asyncio @ a b") is None
    assert export_name(on("asyncio"), ExportSelection()) == "demo/headline/asyncio/3.14t"
    assert not on("asyncio").contestant.is_plain


def test_a_figure_of_many_rows_leaves_further_runtimes_out_unless_they_lead() -> None:
    here, there = (
        [
            measured(
                structs.replace(one, contestant=structs.replace(one.contestant, variant=f"v{i}")),
                milliseconds + i,
            )
            for i in range(16)
        ]
        for one, milliseconds in ((cell("threads"), 40), (on("threads"), 60))
    )
    always = (measured("asyncio", 20), measured(on("asyncio"), 5))
    for others, shown, said in (([*here, *there[:1]], 19, False), ([*here, *there], 18, True)):
        analysis = analysed(*always, *others)
        figure = contestants.figure(analysis, analysis.workloads["demo"])
        rows = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert rows[0].startswith("asyncio @ 3.14t")
        assert len(rows) == shown
        foot = " ".join(text.get_text() for text in figure.texts)
        assert ("Other Pythons: figure runtimes." in foot) == said
