"""What is measured, what is not and why, and in which order."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import plan
from harness.errors import Problem
from harness.plan import PROFILES, Offer, Profile, Selection
from harness.records import Absence, Cell
from harness.workload import CHECK, HEADLINE, MODELS
from tests.factories import WORKLOAD, examples, workload

if TYPE_CHECKING:
    from harness.records import AbsentCell

DEMO = workload()
OTHER = workload(WORKLOAD.replace('scratch = "it', 'trio = "it'), "other")
BOTH = {"demo": DEMO, "other": OTHER}
PROFILE = Profile("test", budget_s=1, least_blocks=3, sweeps=True, thorough=False)


def offer(model: str, of: str = "demo", variant: str = "", unavailable: str | None = None) -> Offer:
    return Offer(of, model, variant, "a runner", f"{of}/{model}{variant}", unavailable)


def all_cells(*models: str, profile: Profile = PROFILE) -> list[Cell]:
    offers = [offer(model, of) for of in BOTH for model in models]
    return plan.cells(BOTH.values(), Selection(models=tuple(models)), offers, {}, profile)[0]


def absence_of(model: str, *offers: Offer, missing: dict[str, str] | None = None) -> AbsentCell:
    """Return why a model has no headline cell."""
    found = plan.cells(
        [DEMO], Selection(models=(model,)), offers, missing or {}, PROFILES["quick"]
    )[1]
    (one,) = found
    return one


selections = st.builds(
    Selection,
    workloads=st.lists(st.sampled_from(sorted(BOTH)), unique=True).map(tuple),
    models=st.lists(st.sampled_from(MODELS), unique=True).map(tuple),
)
offered = st.lists(
    st.builds(
        offer,
        st.sampled_from(MODELS),
        st.sampled_from(sorted(BOTH)),
        st.sampled_from(["", "streams", "threads"]),
        st.none() | st.just("it is not installed"),
    ),
    unique_by=lambda one: (one.workload, one.model, one.variant),
)
profiles = st.none() | st.sampled_from(list(PROFILES.values()))
missing = st.dictionaries(st.sampled_from(MODELS), st.just("no runner"), max_size=3)


@given(selections, offered, profiles, missing)
@examples(150)
def test_every_cell_that_was_asked_for_is_planned_or_absent_exactly_once(
    selection: Selection, offers: list[Offer], profile: Profile | None, missing: dict[str, str]
) -> None:
    chosen = plan.select(selection, BOTH)
    present, absent = plan.cells(chosen, selection, offers, missing, profile)
    variants = {
        (of, model): {one.variant for one in offers if (one.workload, one.model) == (of, model)}
        for of in BOTH
        for model in MODELS
    }
    asked = {
        Cell(one.id, case.id, model, variant)
        for one in chosen
        for case in plan.wanted_cases(one, profile)
        for model in selection.models or MODELS
        for variant in variants[one.id, model] or {""}
    }
    assert Counter([*present, *(one.cell for one in absent)]) == Counter(asked)
    assert all(one.reason for one in absent)


@given(selections, offered)
@examples(50)
def test_only_what_is_offered_and_available_is_planned(
    selection: Selection, offers: list[Offer]
) -> None:
    available = {
        (one.workload, one.model, one.variant) for one in offers if one.unavailable is None
    }
    present, _ = plan.cells(BOTH.values(), selection, offers, {}, PROFILE)
    assert {(one.workload, one.model, one.variant) for one in present} <= available


def test_no_selection_means_every_workload() -> None:
    assert plan.select(Selection(), BOTH) == [DEMO, OTHER]


def test_selected_workloads_keep_the_order_of_the_files() -> None:
    assert plan.select(Selection(("other", "demo")), BOTH) == [DEMO, OTHER]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            Selection(cases=("task-100",)),
            "unknown case 'task-100'; did you mean tasks-100 or tasks-1000 or tasks-1?",
        ),
        (Selection(("dmo",)), "unknown workload 'dmo'; did you mean demo?"),
        (Selection(("demo", "zzz")), "unknown workload 'zzz'; there is: demo, other"),
        (Selection((), ("tiro",)), "unknown model 'tiro'; did you mean trio?"),
        (Selection((), ("go", "goroutine")), "unknown model 'goroutine'; there is: anyio"),
    ],
)
def test_an_unknown_name_is_refused_with_its_near_matches(
    selection: Selection, message: str
) -> None:
    with pytest.raises(Problem) as caught:
        plan.select(selection, BOTH)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("profile", "cases"),
    [
        (None, [CHECK]),
        (PROFILES["quick"], [HEADLINE]),
        (PROFILES["standard"], [HEADLINE, "tasks-1", "tasks-100"]),
        (PROFILES["thorough"], [HEADLINE, "tasks-1", "tasks-100", "tasks-1000"]),
    ],
)
def test_a_profile_decides_which_cases_are_measured(
    profile: Profile | None, cases: list[str]
) -> None:
    assert [case.id for case in plan.wanted_cases(DEMO, profile)] == cases


def test_cases_that_are_named_are_measured_in_any_profile_and_nothing_else() -> None:
    for profile in (None, *PROFILES.values()):
        cases = plan.wanted_cases(DEMO, profile, ("tasks-1000", CHECK))
        assert [case.id for case in cases] == [CHECK, "tasks-1000"]


def test_without_the_headline_case_the_named_ones_come_first() -> None:
    selection = Selection(("demo",), ("asyncio",), ("tasks-1", "tasks-100"))
    cells = plan.cells([DEMO], selection, [offer("asyncio")], {}, PROFILE)[0]
    first = list(islice(plan.blocks(cells, 7, PROFILE), 2 * PROFILE.least_blocks))
    assert Counter(block.case for block in first) == {
        "tasks-1": PROFILE.least_blocks,
        "tasks-100": PROFILE.least_blocks,
    }


@pytest.mark.parametrize(
    ("model", "offers", "missing", "absence", "reason"),
    [
        ("scratch", [], {}, Absence.NOT_APPLICABLE, "it is not for this"),
        ("scratch", [], {"scratch": "x"}, Absence.NOT_APPLICABLE, "it is not for this"),
        ("trio", [], {}, Absence.MISSING, "nobody has written it yet"),
        ("go", [], {"go": "no Go found"}, Absence.UNAVAILABLE, "no Go found"),
        (
            "uvloop",
            [offer("uvloop", unavailable="it is not installed")],
            {},
            Absence.UNAVAILABLE,
            "it is not installed",
        ),
    ],
)
def test_an_absent_cell_says_why(
    model: str, offers: list[Offer], missing: dict[str, str], absence: Absence, reason: str
) -> None:
    found = absence_of(model, *offers, missing=missing)
    assert (found.absence, found.reason) == (absence, reason)


def test_a_model_beyond_its_limit_is_absent_there_and_only_there() -> None:
    present, absent = plan.cells(
        [DEMO], Selection(models=("threads",)), [offer("threads")], {}, PROFILES["thorough"]
    )
    assert [one.case for one in present] == [HEADLINE, "tasks-1"]
    assert {(one.cell.case, one.absence, one.reason) for one in absent} == {
        (case, Absence.LIMITED, "stops at 10 tasks: the system stops it")
        for case in ("tasks-100", "tasks-1000")
    }


def test_variants_are_cells_of_their_own_the_plain_one_first() -> None:
    offers = [offer("asyncio", variant="threads"), offer("asyncio"), offer("trio", "other")]
    present, _ = plan.cells([DEMO], Selection(models=("asyncio",)), offers, {}, PROFILES["quick"])
    assert [one.contestant for one in present] == ["asyncio", "asyncio · threads"]


def test_cells_are_in_the_order_of_models() -> None:
    present = all_cells(*reversed(MODELS), profile=PROFILES["quick"])
    applicable = [model for model in MODELS if model not in DEMO.not_applicable]
    assert [one.model for one in present if one.workload == "demo"] == applicable


@pytest.mark.parametrize("seed", [0, 7, 2**31 - 1])
def test_the_same_seed_gives_the_same_order(seed: int) -> None:
    cells = all_cells("asyncio", "trio", "go")
    once, again = (list(islice(plan.blocks(cells, seed, PROFILE), 60)) for _ in range(2))
    assert once == again


def test_another_seed_gives_another_order() -> None:
    cells = all_cells("asyncio", "trio", "go")
    one, other = (list(islice(plan.blocks(cells, seed, PROFILE), 20)) for seed in (1, 2))
    assert one != other


@given(
    st.lists(st.sampled_from(MODELS), min_size=1, unique=True),
    st.integers(0, 2**31),
    st.sampled_from(list(PROFILES.values())),
)
@examples(40)
def test_every_block_has_every_cell_of_its_case_exactly_once(
    models: list[str], seed: int, profile: Profile
) -> None:
    cells = all_cells(*models, profile=profile)
    for index, block in enumerate(islice(plan.blocks(cells, seed, profile), 50)):
        assert block.index == index
        own = [one for one in cells if (one.workload, one.case) == (block.workload, block.case)]
        assert sorted(block.cells) == sorted(own)


def test_every_headline_case_has_its_least_blocks_before_anything_else() -> None:
    first = list(islice(plan.blocks(all_cells("asyncio", "trio"), 7, PROFILE), 2 * 3))
    assert Counter((block.workload, block.case) for block in first) == {
        ("demo", HEADLINE): 3,
        ("other", HEADLINE): 3,
    }


def test_after_the_least_blocks_every_case_has_one_a_round_the_sweeps_first() -> None:
    cells = all_cells("asyncio", "trio")
    places = [(b.workload, b.case) for b in islice(plan.blocks(cells, 7, PROFILE), 6 + 3 * 6)]
    rounds = [places[start : start + 6] for start in (6, 12, 18)]
    everything = {(one.workload, one.case) for one in cells}
    assert all(set(one) == everything for one in rounds)
    assert {case for _, case in rounds[0][:4]} == {"tasks-1", "tasks-100"}


def test_each_contestant_comes_to_each_position_of_a_block() -> None:
    models = ("asyncio", "trio", "go")
    cells = all_cells(*models)
    seen = {
        (position, one.model)
        for block in islice(plan.blocks(cells, 7, PROFILE), 60)
        for position, one in enumerate(block.cells)
    }
    assert seen == {(position, model) for position in range(3) for model in models}


def test_nothing_to_measure_is_a_problem_and_no_endless_wait() -> None:
    with pytest.raises(Problem, match="nothing to measure"):
        next(plan.blocks([], 7, PROFILE))
