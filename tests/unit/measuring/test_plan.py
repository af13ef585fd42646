"""What is measured, what is not and why, and in which order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.contestant import Contestant
from harness.catalog.workload import CHECK, HEADLINE, MODELS
from harness.errors import Problem
from harness.measuring import plan
from harness.measuring.plan import PROFILES, Profile, RunSelection
from harness.measuring.runners.runner import Offer
from harness.results.records import Absence, Cell
from tests.support.factories import WORKLOAD, examples, offer, workload
from tests.support.planted.served import SERVED

if TYPE_CHECKING:
    from harness.results.records import AbsentCell

DEMO = workload()
OTHER = workload(WORKLOAD.replace('scratch = "it', 'trio = "it'), "other")
BOTH = {"demo": DEMO, "other": OTHER}
PROFILE = Profile("test", budget_s=1, min_blocks=3, sweeps=True, thorough=False)


def all_cells(*models: str, profile: Profile = PROFILE) -> list[Cell]:
    offers = [offer(model, of) for of in BOTH for model in models]
    return plan.plan_cells(
        list(BOTH.values()), RunSelection(models=tuple(models)), offers, {}, profile
    )[0]


def absence_of(model: str, *offers: Offer, missing: dict[str, str] | None = None) -> AbsentCell:
    """Return why a model has no headline cell."""
    found = plan.plan_cells(
        [DEMO], RunSelection(models=(model,)), offers, missing or {}, PROFILES["quick"]
    )[1]
    (one,) = found
    return one


selections = st.builds(
    RunSelection,
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
    unique_by=lambda one: one.contestant,
)
profiles = st.none() | st.sampled_from(list(PROFILES.values()))
missing = st.dictionaries(st.sampled_from(MODELS), st.just("no runner"), max_size=3)


@given(selections, offered, profiles, missing)
@examples(150)
def test_every_selected_cell_is_planned_or_absent_exactly_once(
    selection: RunSelection, offers: list[Offer], profile: Profile | None, missing: dict[str, str]
) -> None:
    chosen = plan.select_workloads(selection, BOTH)
    present, absent = plan.plan_cells(chosen, selection, offers, missing, profile)
    variants = {
        (of, model): {
            one.contestant.variant
            for one in offers
            if (one.contestant.workload, one.contestant.model) == (of, model)
        }
        for of in BOTH
        for model in MODELS
    }
    asked = {
        Cell(Contestant(one.id, model, variant), case.id)
        for one in chosen
        for case in plan.select_cases(one, profile)
        for model in selection.models or MODELS
        for variant in variants[one.id, model] or {""}
    }
    own = [one for one in present if not one.control]
    assert Counter([*own, *(one.cell for one in absent)]) == Counter(asked)
    assert all(one.reason for one in absent)


@given(selections, offered)
@examples(50)
def test_only_offered_and_available_cells_are_planned(
    selection: RunSelection, offers: list[Offer]
) -> None:
    available = {one.contestant for one in offers if one.unavailable is None}
    present, _ = plan.plan_cells(list(BOTH.values()), selection, offers, {}, PROFILE)
    assert {one.contestant for one in present} <= available


def test_no_selection_means_every_workload() -> None:
    assert plan.select_workloads(RunSelection(), BOTH) == [DEMO, OTHER]


def test_selected_workloads_keep_the_order_of_the_files() -> None:
    assert plan.select_workloads(RunSelection(("other", "demo")), BOTH) == [DEMO, OTHER]


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            RunSelection(cases=("task-100",)),
            "unknown case 'task-100'; did you mean tasks-100 or tasks-1000 or tasks-1?",
        ),
        (RunSelection(("dmo",)), "unknown workload 'dmo'; did you mean demo?"),
        (RunSelection(("demo", "zzz")), "unknown workload 'zzz'; there is: demo, other"),
        (RunSelection((), ("tiro",)), "unknown model 'tiro'; did you mean trio?"),
        (RunSelection((), ("go", "goroutine")), "unknown model 'goroutine'; there is: anyio"),
    ],
)
def test_an_unknown_name_is_refused_with_its_near_matches(
    selection: RunSelection, message: str
) -> None:
    with pytest.raises(Problem) as caught:
        plan.select_workloads(selection, BOTH)
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
    assert [case.id for case in plan.select_cases(DEMO, profile)] == cases


def test_named_cases_are_measured_in_any_profile_and_no_others() -> None:
    for profile in (None, *PROFILES.values()):
        cases = plan.select_cases(DEMO, profile, ("tasks-1000", CHECK))
        assert [case.id for case in cases] == [CHECK, "tasks-1000"]


@pytest.mark.parametrize(
    ("cores", "cases"),
    [
        (None, [HEADLINE, "tasks-1", "tasks-100"]),
        (50, [HEADLINE, "tasks-1", "tasks-100"]),
        (49, [HEADLINE, "tasks-1"]),
    ],
)
def test_a_parameter_may_be_limited_by_the_number_of_cores(
    cores: int | None, cases: list[str]
) -> None:
    limited = workload(WORKLOAD.replace("max = 1_000\n", "max = 1_000\nmost_per_core = 2\n", 1))
    chosen = plan.select_cases(limited, PROFILES["standard"], cores=cores)
    assert [case.id for case in chosen] == cases
    named = plan.select_cases(limited, PROFILES["standard"], ("tasks-1000",), cores)
    assert [case.id for case in named] == ["tasks-1000"]


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
    present, absent = plan.plan_cells(
        [DEMO], RunSelection(models=("threads",)), [offer("threads")], {}, PROFILES["thorough"]
    )
    assert [one.case for one in present if not one.control] == [HEADLINE, "tasks-1"]
    assert {(one.cell.case, one.absence, one.reason) for one in absent} == {
        (case, Absence.LIMITED, "stops at 10 tasks: the system stops it")
        for case in ("tasks-100", "tasks-1000")
    }


@pytest.mark.parametrize(
    ("models", "processors", "measured"),
    [
        (("go-1cpu", "go"), 1, ["go"]),
        (("go-1cpu", "go"), 2, ["go-1cpu", "go"]),
        (("go-1cpu",), 1, ["go-1cpu"]),  # nothing else measures that program
    ],
)
def test_a_server_on_one_processor_is_measured_once(
    models: tuple[str, ...], processors: int, measured: list[str]
) -> None:
    served = workload(SERVED, "served")
    offers = [offer(model, of) for of in ("demo", "served") for model in models]
    present, absent = plan.plan_cells(
        [DEMO, served], RunSelection(models=models), offers, {}, PROFILE, MODELS, processors
    )
    own = [one for one in present if one.case == HEADLINE and not one.control]
    assert [one.model for one in own if one.workload == "demo"] == list(models)
    assert [one.model for one in own if one.workload == "served"] == measured
    twins = [one for one in absent if one.cell.workload == "served" and one.cell.case == HEADLINE]
    assert [(one.cell.model, one.absence, one.reason) for one in twins] == [
        (
            model,
            Absence.NOT_APPLICABLE,
            "it has one processor here, so this is the same program as go",
        )
        for model in models
        if model not in measured
    ]
    (control,) = (one for one in present if one.control and one.workload == "served")
    assert control.model == measured[0]


def test_variants_are_separate_cells_after_the_plain_one() -> None:
    offers = [offer("asyncio", variant="threads"), offer("asyncio"), offer("trio", "other")]
    present, _ = plan.plan_cells(
        [DEMO], RunSelection(models=("asyncio",)), offers, {}, PROFILES["quick"]
    )
    names = ["asyncio", "asyncio · threads", "asyncio (again)"]
    assert [one.name for one in present] == names


def test_cells_are_in_the_order_of_models() -> None:
    present = all_cells(*reversed(MODELS), profile=PROFILES["quick"])
    applicable = [model for model in MODELS if model not in DEMO.not_applicable]
    own = [one for one in present if one.workload == "demo" and not one.control]
    assert [one.model for one in own] == applicable


@pytest.mark.parametrize(
    ("models", "twins"),
    [
        (("trio", "asyncio"), ["asyncio", "asyncio"]),
        (("sequential", "asyncio"), ["asyncio", "asyncio"]),  # not the first, the baseline
        (("trio", "threads"), ["trio", "threads"]),  # trio is not applicable to the other
    ],
)
def test_each_headline_case_has_one_control_of_the_baseline_if_present(
    models: tuple[str, ...], twins: list[str]
) -> None:
    controls = [one for one in all_cells(*models) if one.control]
    assert controls == [
        Cell(Contestant(id_, twin), HEADLINE, control=True)
        for id_, twin in zip(BOTH, twins, strict=True)
    ]


def test_a_variant_is_not_the_control_if_there_is_a_plain_contestant() -> None:
    offers = [offer("asyncio", variant="threads"), offer("trio")]
    present, _ = plan.plan_cells([DEMO], RunSelection(), offers, {}, PROFILES["quick"])
    assert [one.name for one in present if one.control] == ["trio (again)"]


def test_without_the_headline_case_there_is_no_control() -> None:
    selection = RunSelection(models=("asyncio",), cases=("tasks-1", "tasks-100"))
    present, _ = plan.plan_cells([DEMO], selection, [offer("asyncio")], {}, PROFILE)
    assert [(one.case, one.control) for one in present] == [
        ("tasks-1", False),
        ("tasks-100", False),
    ]


def test_a_check_has_no_control() -> None:
    assert not any(one.control for one in all_cells("asyncio", "trio", profile=None))
