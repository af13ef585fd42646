"""Advice: one name if it is different from all others, several if they are tied, else undecided."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.analysis.advice import Advice, Certainty, Choice, advice
from harness.results.records import Status, Trial
from tests.support.factories import CRASHED, WORKLOAD, analysed, cell, trial, trials
from tests.support.scenes import LARGE, SCENES, Otherwise, alike, analysis_of, failed, scene, waits


def row_of(rows: list[Advice], workload: str) -> Advice:
    (found,) = [row for row in rows if any(aspect.workload == workload for aspect in row.aspects)]
    return found


def first(rows: list[Advice], workload: str) -> Choice:
    return row_of(rows, workload).aspects[0].choices[0]


def test_a_contestant_that_differs_from_all_others_is_named_alone() -> None:
    choice = first(advice(scene(("fanout",))), "fanout")
    assert (choice.certainty, choice.names) == (Certainty.CLEAR, ("asyncio",))
    assert choice.text == "asyncio"
    assert choice.because.startswith("overhead per task: 12.")


def test_contestants_that_are_tied_are_named_together() -> None:
    choice = first(
        advice(scene(("fanout",), models=("asyncio", "trio"), fate=Otherwise(alike))), "fanout"
    )
    assert choice.certainty is Certainty.TIED
    assert set(choice.names) == {"asyncio", "trio"}
    assert choice.text in (
        "asyncio or trio (tied)",
        "trio or asyncio (tied)",
    )


def test_of_many_equals_the_first_are_named_and_the_others_counted() -> None:
    choice = first(advice(analysis_of("all alike")), "fanout")
    assert len(choice.names) > 3
    assert choice.text.endswith(f"or {len(choice.names) - 2} others (tied)")


NOISY = [9_000, 14_000, 10_500, 9_200, 12_500]


def test_what_could_be_better_than_the_best_is_undecided_and_not_advised_as_equal() -> None:
    (row,) = advice(analysed(*trials("asyncio", [10_000] * 5), *trials("trio", NOISY)))
    (choice,) = row.aspects[0].choices
    assert choice.certainty is Certainty.UNDECIDED
    assert choice.text == "undecided between asyncio and trio"


def test_beside_a_tie_the_undecided_are_named_as_such() -> None:
    of = [*trials("asyncio", [10_000] * 5), *trials("uvloop", [10_000] * 5), *trials("trio", NOISY)]
    (row,) = advice(analysed(*of))
    (choice,) = row.aspects[0].choices
    assert choice.certainty is Certainty.UNDECIDED
    assert choice.text == "asyncio or uvloop (tied); undecided: trio"


def test_who_measured_best_at_other_sizes_is_named_once_with_all_of_them() -> None:
    fast, slow = [10_000] * 5, [20_000] * 5
    of = [*trials("asyncio", fast), *trials("trio", slow)]
    for case in ("tasks-1", "tasks-100"):
        of += [*trials(cell("asyncio", case), slow), *trials(cell("trio", case), fast)]
    (row,) = advice(analysed(*of))
    assert row.aspects[0].choices[0].because.endswith("; but trio with tasks = 1 or 100")


def test_with_too_few_blocks_nothing_is_decided() -> None:
    (row,) = advice(analysis_of("too few blocks"))
    (choice,) = row.aspects[0].choices
    assert choice.certainty is Certainty.UNDECIDED
    assert choice.text.startswith("undecided; so far ")
    assert choice.because.endswith("too few blocks to be sure")


def test_a_single_contestant_is_no_choice() -> None:
    choice = first(advice(analysis_of("only trio")), "fanout")
    assert choice.certainty is Certainty.UNDECIDED
    assert choice.because.endswith("no other to compare it with")


def test_if_every_contestant_fails_there_is_no_advice() -> None:
    choice = first(advice(analysis_of("everything fails")), "fanout")
    assert (choice.text, choice.names) == ("undecided", ())
    assert choice.because == "every contestant failed at least once"


def test_a_workload_that_was_not_measured_has_no_row() -> None:
    assert advice(analysis_of("nothing measured yet")) == []


def test_the_workload_that_measures_the_workbench_has_no_row() -> None:
    assert advice(scene(("noop",))) == []


def test_a_contestant_that_fails_now_and_then_is_not_advised() -> None:
    def change(trial: Trial) -> Trial:
        fails = trial.cell.model == "asyncio" and trial.block == 0
        return failed(trial, Status.CRASH, "boom") if fails else trial

    choice = first(advice(scene(("fanout",), fate=Otherwise(change))), "fanout")
    assert choice.names == ("asyncio-eager",)


def test_one_model_with_and_without_all_processors_is_no_choice_within_its_language() -> None:
    choices = row_of(advice(scene(("fanout",))), "fanout").aspects[0].choices
    assert [(choice.language, choice.names) for choice in choices] == [("", ("asyncio",))]


def test_workloads_of_the_same_work_share_a_row() -> None:
    rows = advice(scene(("fanout", "footprint")))
    row = row_of(rows, "footprint")
    assert row.work == "many waits at once"
    assert [(aspect.judged_by, aspect.workload) for aspect in row.aspects] == [
        ("overhead per task", "fanout"),
        ("memory per task", "footprint"),
    ]
    assert len(rows) == 1


def test_a_workload_without_advice_is_named_by_its_title() -> None:
    rows = advice(analysis_of("a workload of many words"))
    assert [row.work for row in rows] == [
        "work like “A workload that somebody has added, with many words in its title”"
    ]


# --- options of the baseline: heavy work beside an event loop


def heavy(trial: Trial, **cost: int) -> Trial:
    """Give every place of the work a latency of its own."""
    place = trial.cell.case.rpartition("-")[2]
    factor = cost.get("loop" if place == "headline" else place, 1)
    return structs.replace(trial, latency=waits(factor * (100 + trial.block % 3)))


def handed_over(blocks: int, **cost: int) -> dict[str, Choice]:
    rows = advice(
        scene(
            ("heartbeat",),
            models=("asyncio",),
            blocks=blocks,
            every_case=True,
            fate=Otherwise(lambda trial: heavy(trial, **cost)),
        )
    )
    aspects = row_of(rows, "heartbeat").aspects
    return {aspect.judged_by: aspect.choices[0] for aspect in aspects}


def test_the_option_with_the_best_value_is_chosen() -> None:
    choice = handed_over(6, loop=40, thread=10, process=1)["CPU work"]
    assert (choice.certainty, choice.text) == (Certainty.CLEAR, "a process")
    assert "on the loop" in choice.because


def test_options_that_are_tied_are_named_together_here_too() -> None:
    choice = handed_over(6, loop=40, thread=1, process=1)["a blocking call"]
    assert choice.certainty is Certainty.TIED
    assert set(choice.names) == {"a thread", "a process"}


def test_options_with_too_few_blocks_are_undecided() -> None:
    choice = handed_over(2, loop=40, thread=10, process=1)["CPU work"]
    assert choice.certainty is Certainty.UNDECIDED


def test_each_question_compares_its_own_cases() -> None:
    choice = handed_over(6, loop=40, thread=10, process=1)["reading a large file"]
    assert choice.text == "a process"


@pytest.mark.parametrize("name", [name for name in SCENES if name not in LARGE])
def test_every_row_points_at_a_case_that_was_measured(name: str) -> None:
    analysis = analysis_of(name)
    for row in advice(analysis):
        assert row.size
        for aspect in row.aspects:
            cells = analysis.workloads[aspect.workload].cases[aspect.case]
            assert any(cell.attempts for cell in cells)


# --- what a workload file says

ADVICE = """
[advice]
work = "demonstrations"
judged_by = "waiting time"

[[advice.places]]
judged_by = "how much at once"
options = { tasks-1 = "one by one", tasks-100 = "all at once" }
"""
SLOW, FAST = (500, 505, 495, 502, 498), (50, 51, 49, 50, 50)


def advised(*of: Trial, text: str = WORKLOAD + ADVICE) -> list[Advice]:
    return advice(analysed(*of, text=text))


def options_of(*of: Trial, text: str = WORKLOAD + ADVICE) -> list[Choice]:
    """Return the choices among the options of the demo, not those among contestants."""
    aspects = [aspect for row in advised(*of, text=text) for aspect in row.aspects]
    return [
        choice
        for aspect in aspects
        if aspect.judged_by == "how much at once"
        for choice in aspect.choices
    ]


def test_a_row_is_named_and_judged_as_the_workload_file_says() -> None:
    (row,) = advised(*trials("asyncio", FAST), *trials("trio", SLOW))
    assert row.work == "demonstrations"
    assert [(aspect.judged_by, aspect.case) for aspect in row.aspects] == [
        ("waiting time", "headline")
    ]
    assert row.aspects[0].choices[0].text == "asyncio"


def test_without_advice_in_the_file_the_title_and_the_metric_are_used() -> None:
    (row,) = advised(*trials("asyncio", FAST), *trials("trio", SLOW), text=WORKLOAD)
    assert row.work == "work like “Demo”"
    assert [aspect.judged_by for aspect in row.aspects] == ["elapsed time"]


def test_an_option_is_chosen_by_the_cell_of_the_baseline_in_its_case() -> None:
    (choice,) = options_of(
        *trials(cell("asyncio", "tasks-1"), SLOW),
        *trials(cell("asyncio", "tasks-100"), FAST),
        *trials(cell("trio", "tasks-1"), [1] * 5),
        *trials(cell("asyncio", "tasks-1", "fast"), [1] * 5),
    )
    assert (choice.certainty, choice.text) == (Certainty.CLEAR, "all at once")
    assert choice.because == (
        "in asyncio, elapsed time: all at once 50.0 ns [49.0 ns, 51.0 ns],"
        " one by one 500 ns [495 ns, 505 ns]"
    )


def test_if_more_is_better_the_option_with_the_largest_value_is_chosen() -> None:
    (choice,) = options_of(
        *trials(cell("asyncio", "tasks-1"), SLOW),
        *trials(cell("asyncio", "tasks-100"), FAST),
        text=WORKLOAD.replace('better = "lower"', 'better = "higher"', 1) + ADVICE,
    )
    assert (choice.certainty, choice.text) == (Certainty.CLEAR, "one by one")


def test_fewer_than_two_measured_options_give_no_choice() -> None:
    measured = trials(cell("asyncio", "tasks-1"), FAST)
    others = trials(cell("trio", "tasks-100"), FAST)
    crashed = trial(cell("asyncio", "tasks-100"), **CRASHED)
    assert options_of() == []
    assert options_of(*measured) == []
    assert options_of(*measured, *others) == []
    assert options_of(*measured, *trials(cell("asyncio", "tasks-100"), FAST), crashed) == []


def test_an_option_with_too_few_blocks_leaves_the_choice_undecided() -> None:
    (choice,) = options_of(
        *trials(cell("asyncio", "tasks-1"), SLOW),
        *trials(cell("asyncio", "tasks-100"), FAST[:4]),
    )
    assert choice.certainty is Certainty.UNDECIDED
    assert choice.text == "undecided; so far all at once"
    assert choice.because.endswith("; too few blocks")


def test_options_that_are_tied_are_named_together() -> None:
    (choice,) = options_of(
        *trials(cell("asyncio", "tasks-1"), SLOW),
        *trials(cell("asyncio", "tasks-100"), [value - 1 for value in SLOW]),
    )
    assert choice.certainty is Certainty.TIED
    assert choice.text == "all at once or one by one (tied)"
