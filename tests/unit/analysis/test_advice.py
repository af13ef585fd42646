"""Advice says what the cells say: one name where it is told apart, several where not, else none."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.analysis.advice import Advice, Choice, Verdict, advice
from harness.results.records import Status, Trial
from tests.support.scenes import SCENES, Otherwise, alike, analysis_of, failed, scene, waits


def row_of(rows: list[Advice], workload: str) -> Advice:
    (found,) = [one for one in rows if any(of.workload == workload for of in one.aspects)]
    return found


def first(rows: list[Advice], workload: str) -> Choice:
    return row_of(rows, workload).aspects[0].choices[0]


def test_the_one_that_is_told_apart_from_all_is_named_alone() -> None:
    choice = first(advice(scene(("fanout",))), "fanout")
    assert (choice.verdict, choice.names) == (Verdict.CLEAR, ("asyncio",))
    assert choice.text == "asyncio"
    assert choice.because.startswith("time per task over the ideal: 12.")


def test_what_is_not_told_apart_is_named_together() -> None:
    choice = first(
        advice(scene(("fanout",), models=("asyncio", "trio"), fate=Otherwise(alike))), "fanout"
    )
    assert choice.verdict is Verdict.ALIKE
    assert set(choice.names) == {"asyncio", "trio"}
    assert choice.text in ("asyncio or trio: not told apart", "trio or asyncio: not told apart")


def test_of_many_that_are_alike_the_first_are_named_and_the_others_counted() -> None:
    choice = first(advice(analysis_of("all alike")), "fanout")
    assert len(choice.names) > 3
    assert choice.text.endswith(f"or {len(choice.names) - 2} others: not told apart")


def test_with_too_few_blocks_nothing_is_decided() -> None:
    (row,) = advice(analysis_of("too few blocks"))
    (choice,) = row.aspects[0].choices
    assert choice.verdict is Verdict.UNDECIDED
    assert choice.text.startswith("undecided; so far ")
    assert choice.because.endswith("too few blocks to be sure")


def test_a_contestant_alone_is_no_choice() -> None:
    choice = first(advice(analysis_of("only trio")), "fanout")
    assert choice.verdict is Verdict.UNDECIDED
    assert choice.because.endswith("no other to compare it with")


def test_where_everything_fails_nothing_is_advised() -> None:
    choice = first(advice(analysis_of("everything fails")), "fanout")
    assert (choice.text, choice.names) == ("undecided", ())
    assert choice.because == "every contestant failed at least once"


def test_of_what_was_not_measured_there_is_no_row() -> None:
    assert advice(analysis_of("nothing measured yet")) == []


def test_the_floor_of_the_workbench_is_nobodys_work() -> None:
    assert advice(scene(("noop",))) == []


def test_a_contestant_that_fails_now_and_then_is_not_advised() -> None:
    def change(one: Trial) -> Trial:
        hit = one.cell.model == "asyncio" and one.block == 0
        return failed(one, Status.CRASH, "boom") if hit else one

    choice = first(advice(scene(("fanout",), fate=Otherwise(change))), "fanout")
    assert choice.names == ("asyncio-eager",)


def test_a_language_that_is_not_among_the_best_is_told_its_own_best() -> None:
    choices = row_of(advice(scene(("fanout",))), "fanout").aspects[0].choices
    assert [(one.among, one.names) for one in choices] == [("", ("asyncio",)), ("Go", ("go-1cpu",))]


def test_many_waits_are_judged_by_time_and_by_memory() -> None:
    rows = advice(scene(("fanout", "footprint")))
    row = row_of(rows, "footprint")
    assert [(one.of, one.workload) for one in row.aspects] == [
        ("time", "fanout"),
        ("memory", "footprint"),
    ]
    assert len(rows) == 1


def test_a_workload_from_outside_stands_for_what_it_is_called() -> None:
    rows = advice(analysis_of("a workload of many words"))
    assert [row.work for row in rows] == [
        "work like “A workload that somebody has added, with many words in its title”"
    ]


# --- something heavy beside a loop


def heavy(one: Trial, **cost: int) -> Trial:
    """Give every place of the work its own length of waits."""
    place = one.cell.case.rpartition("-")[2]
    factor = cost.get("loop" if place == "headline" else place, 1)
    return structs.replace(one, latency=waits(factor * (100 + one.block % 3)))


def handed_over(blocks: int, **cost: int) -> dict[str, Choice]:
    rows = advice(
        scene(
            ("heartbeat",),
            models=("asyncio",),
            blocks=blocks,
            every_case=True,
            fate=Otherwise(lambda one: heavy(one, **cost)),
        )
    )
    aspects = row_of(rows, "heartbeat").aspects
    return {one.of.partition(",")[0]: one.choices[0] for one in aspects}


def test_work_is_handed_to_the_place_that_keeps_the_beat() -> None:
    choice = handed_over(6, loop=40, thread=10, process=1)["computing"]
    assert (choice.verdict, choice.text) == (Verdict.CLEAR, "a process")
    assert "on the loop" in choice.because


def test_places_whose_intervals_meet_are_named_together() -> None:
    choice = handed_over(6, loop=40, thread=1, process=1)["a blocking call"]
    assert choice.verdict is Verdict.ALIKE
    assert set(choice.names) == {"a thread", "a process"}


def test_places_in_too_few_blocks_are_undecided() -> None:
    choice = handed_over(2, loop=40, thread=10, process=1)["computing"]
    assert choice.verdict is Verdict.UNDECIDED


def test_each_place_is_asked_with_the_same_amount() -> None:
    choice = handed_over(6, loop=40, thread=10, process=1)["reading a large file"]
    assert choice.text == "a process"


@pytest.mark.parametrize("name", [name for name in SCENES if name != "everything"])
def test_every_row_points_at_a_case_that_was_measured(name: str) -> None:
    analysis = analysis_of(name)
    for row in advice(analysis):
        assert row.size
        for aspect in row.aspects:
            cells = analysis.workloads[aspect.workload].cases[aspect.case]
            assert any(one.attempts for one in cells)
