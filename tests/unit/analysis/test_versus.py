"""Two contestants head to head: the words, the order, and what is not compared."""

from __future__ import annotations

import pytest

from harness.analysis import versus
from harness.analysis.comparison import Comparison
from harness.analysis.versus import HeadToHead, Outcome, head_to_head
from harness.catalog.contestant import Contestant, spell_name
from tests.support.scenes import Fate, Otherwise, analysis_of, scene, trial


def against(first: str, second: str, scene_: str = "each shape") -> HeadToHead:
    return head_to_head(analysis_of(scene_), first, second)


def test_it_is_the_same_from_both_sides() -> None:
    this, that = against("asyncio", "trio"), against("trio", "asyncio")
    assert this.sentence == that.sentence
    assert [bout.workload for bout in this.bouts] == [bout.workload for bout in that.bouts][::-1]
    assert [bout.outcome.opposite for bout in this.bouts] == [
        bout.outcome for bout in reversed(that.bouts)
    ]
    assert this.turned().bouts == this.bouts
    assert that.turned().first == "asyncio"
    for one, turned in zip(this.bouts, that.turned().bouts, strict=True):
        assert turned.ratio.value == pytest.approx(one.ratio.value)
        assert turned.ratio.low == pytest.approx(one.ratio.low)


def test_more_is_better_where_the_metric_says_so_and_the_best_come_first() -> None:
    """In the scene asyncio is cheaper than trio in everything, and serves more."""
    bouts = against("asyncio", "trio").bouts
    assert {bout.outcome for bout in bouts if bout.workload != "kitchen"} == {Outcome.BETTER}
    assert all(bout.ratio.value > 1 for bout in bouts)
    values = [bout.ratio.value for bout in bouts]
    assert values == sorted(values, reverse=True)


def test_only_what_is_about_speed_is_fast_or_slow() -> None:
    bouts = {bout.workload: bout for bout in against("asyncio", "trio").bouts}
    assert {one for one, bout in bouts.items() if not bout.is_speed} == {"heartbeat", "footprint"}
    assert Outcome.BETTER.word(is_speed=False) == "better"
    assert against("trio", "asyncio").sentence.startswith("asyncio is faster than trio in ")
    assert "; of 2 others (memory, lateness, counts) better in 2" in against("trio", "go").sentence


def test_the_workbench_is_no_workload_and_too_few_blocks_are_no_answer() -> None:
    both = head_to_head(scene(("kitchen", "noop")), "asyncio", "go")
    assert [bout.workload for bout in both.bouts] == ["kitchen"]
    few = against("asyncio", "trio", "too few blocks")
    assert few.sentence == "Too few blocks to compare asyncio and trio"
    assert [bout.outcome for bout in few.bouts] == [Outcome.UNDECIDED]


def test_a_pair_gets_the_verdict_that_it_has_beside_its_workload() -> None:
    analysis = analysis_of("each shape")
    comparison: Comparison = analysis.workloads["kitchen"].comparison
    in_kitchen = [one for one in versus.bouts(analysis) if one[2].workload == "kitchen"]
    assert in_kitchen
    for first, second, bout in in_kitchen:
        pair = (Contestant("kitchen", first), Contestant("kitchen", second))
        shown = {Outcome.BETTER: "different", Outcome.WORSE: "different"}
        expected = comparison.verdict(*pair).value
        assert shown.get(bout.outcome, bout.outcome.value) == expected


def test_a_server_that_the_load_generator_limits_is_compared_by_cpu_time() -> None:
    bouts = against("asyncio", "go", "contestants without a rank").bouts
    (echo,) = (bout for bout in bouts if bout.workload == "echo")
    assert "CPU" in echo.metric.label
    assert echo.is_speed


def test_what_is_not_compared_says_why_unless_the_workload_lacks_the_contestant() -> None:
    limited = against("asyncio", "threads", "contestants without a rank")
    assert limited.missing == (("Sum of squares", "threads: too few blocks"),)
    variants = against("asyncio · threads", "asyncio · futures", "only asyncio")
    assert (variants.bouts, variants.missing) == ((), ())
    assert variants.sentence == "No workload compares asyncio · threads and asyncio · futures"


def test_contestants_that_do_other_work_are_not_compared() -> None:
    """In pickling, Go hands over a slice, and copies nothing."""
    analysis = scene(("pickling",), models=("asyncio", "threads", "go", "trio"))
    assert head_to_head(analysis, "go", "asyncio").missing == (
        ("Pickling", "other work: within the process, nothing is copied"),
    )
    assert [one.workload for one in head_to_head(analysis, "go", "threads").bouts] == ["pickling"]
    assert [one.workload for one in head_to_head(analysis, "trio", "asyncio").bouts] == ["pickling"]
    pairs = {frozenset(pair) for *pair, _ in versus.bouts(analysis)}
    assert frozenset({"go", "asyncio"}) not in pairs


def test_the_first_pair_is_the_baseline_and_go_or_has_most_in_common() -> None:
    assert versus.default_pair(analysis_of("each shape")) == ("asyncio", "go")
    assert versus.default_pair(analysis_of("no Go")) == ("sequential", "asyncio")
    assert versus.default_pair(analysis_of("only trio")) is None


def test_undecided_says_whether_more_blocks_help_or_only_less_noise() -> None:
    class Noisy(Fate):
        """The control, and it alone, differs by half from block to block."""

        def of(self, workload, cell, block):  # type: ignore[no-untyped-def]
            usual = super().of(workload, cell, block)
            far = 1.5 if cell.control and block % 2 else 1.0
            return trial(cell, block, round(usual.samples[0].elapsed_ns * far))

    noisy = head_to_head(scene(("sumsquares",), fate=Noisy()), "asyncio", "asyncio-eager")
    assert noisy.why_undecided == (
        "Why undecided: the noise is larger than the difference in Sum of squares."
    )
    wild = Otherwise(
        lambda usual: trial(
            usual.cell,
            usual.block,
            10**7 * (3 + (7 * usual.block + 3 * len(usual.cell.model)) % 5),
        )
    )
    spread = head_to_head(scene(("sumsquares",), fate=wild), "asyncio", "trio")
    assert spread.sentence == "asyncio against trio: undecided in 1 of 1 workload"
    assert spread.why_undecided == "Why undecided: more blocks could decide it."


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("go", "go"),
        ("asyncio/streams", "asyncio · streams"),
        ("asyncio·streams", "asyncio · streams"),
        ("asyncio@default", "asyncio"),
        (" asyncio / streams@3.14t", "asyncio · streams @ 3.14t"),
        ("asyncio · streams @ 3.14t", "asyncio · streams @ 3.14t"),
    ],
)
def test_a_name_can_be_typed_without_a_middle_dot(typed: str, name: str) -> None:
    assert spell_name(typed) == name
