"""The arithmetic on a workload, once its file has been read."""

from __future__ import annotations

import pytest

from harness.catalog.formula import Formula
from harness.catalog.parts import Observation, WantedCount
from harness.catalog.workload import MODELS
from harness.errors import Problem
from tests.support.factories import WORKLOAD, workload

SWEEP = WORKLOAD[WORKLOAD.index("[sweep]") : WORKLOAD.index("[metrics.elapsed]")]


def test_every_model_is_listed_once() -> None:
    assert len(set(MODELS)) == len(MODELS)


@pytest.mark.parametrize(("case", "answer"), [("check", 6), ("headline", 20), ("tasks-100", 200)])
def test_the_right_answer_follows_from_the_parameters_of_a_case(case: str, answer: int) -> None:
    demo = workload()
    assert demo.resolve(case, "asyncio").expected == answer


def test_a_heading_says_which_values_are_better_if_any_are() -> None:
    cores = 'unit = "cores"\nbetter = "higher"'
    demo = workload(WORKLOAD.replace(cores, cores.replace("higher", "neither")))
    assert demo.metrics["elapsed"].heading == "elapsed time (lower is better)"
    assert demo.metrics["cores"].heading == "cores kept busy"


@pytest.mark.parametrize("topic", ["", "waiting"])
def test_a_workload_may_have_a_topic(topic: str) -> None:
    line = f'topic = "{topic}"\n' if topic else ""
    assert workload(line + WORKLOAD).topic == topic


def test_a_topic_that_no_overview_has_is_refused() -> None:
    with pytest.raises(Problem, match='topic: found "sleeping", expected one of starting, waiting'):
        workload('topic = "sleeping"\n' + WORKLOAD)


def test_an_answer_is_an_integer_also_where_its_formula_divides() -> None:
    demo = workload(WORKLOAD.replace('"2 * tasks"', '"4 * tasks / 2"'))
    assert type(demo.resolve("headline", "asyncio").expected) is int


def test_the_operations_of_a_call_follow_from_the_parameters_of_a_case() -> None:
    demo = workload()
    assert demo.count_operations(demo.cases["headline"]) == 10
    assert demo.count_operations(demo.cases["tasks-100"]) == 100


@pytest.mark.parametrize(
    ("model", "ideal_ns"), [("asyncio", 50_000_000), ("sequential", 500_000_000)]
)
def test_a_model_may_have_an_ideal_of_its_own(model: str, ideal_ns: int) -> None:
    demo = workload()
    assert demo.compute_ideal_ns(demo.cases["headline"], model) == ideal_ns


def test_without_waits_the_ideal_is_none_and_not_zero() -> None:
    demo = workload(
        WORKLOAD.replace('ideal_ns = "wait_ns"\n', "").replace(
            'sequential = "tasks * wait_ns"\n', ""
        )
    )
    assert demo.compute_ideal_ns(demo.cases["headline"], "asyncio") is None


@pytest.mark.parametrize(
    ("case", "model", "limited"),
    [
        ("headline", "threads", False),  # 10 tasks, as many as it may have
        ("tasks-100", "threads", True),
        ("tasks-100", "asyncio", False),
    ],
)
def test_a_limit_excludes_its_model_from_larger_cases(
    case: str, model: str, *, limited: bool
) -> None:
    demo = workload()
    limit = demo.find_limit(demo.cases[case], model)
    assert (limit is not None) == limited
    assert limit is None or limit.reason == "the system stops it"


def test_the_cases_of_a_sweep_are_in_the_order_of_its_parameter_with_the_headline_among_them() -> (
    None
):
    ids = [case.id for case in workload().cases_along("tasks")]
    assert ids == ["tasks-1", "headline", "tasks-100", "tasks-1000"]


def test_an_observation_may_differ_for_a_model() -> None:
    exactly = [WantedCount(Formula(str(count))) for count in (3, 1, 0)]
    seen = Observation("in_flight", exactly[0], {"sequential": exactly[1], "threads": exactly[2]})
    models = ("asyncio", "sequential", "threads")
    assert [seen.wanted_from(model) for model in models] == exactly


def test_a_parameter_may_grow_with_others_and_the_ideal_time_with_it() -> None:  # W3
    grows = 'meaning = "how long each waits"\ngrown = "wait_ns + 1_000 * tasks"\n'
    demo = workload(
        WORKLOAD.replace(
            'meaning = "how long each waits"\n', f'{grows}grown_of = {{ go = "wait_ns + tasks" }}\n'
        )
    )
    given = {model: demo.resolve("headline", model) for model in ("asyncio", "go")}
    assert [case.params["wait_ns"] for case in given.values()] == [50_010_000, 50_000_010]
    assert [case.ideal_ns for case in given.values()] == [50_010_000, 50_000_010]
    assert demo.describe_params(demo.cases["headline"]) == "tasks = 10"


def test_the_parameters_of_a_case_are_described_with_units() -> None:
    demo = workload()
    assert demo.describe_params(demo.cases["headline"]) == "tasks = 10, wait = 50 ms"
    assert demo.describe_params(demo.cases["tasks-1000"]) == "tasks = 1,000, wait = 50 ms"


WORDS = """
[params.ticks]
unit = "ticks"
min = 1
max = 9
meaning = "how many"

[params.beside]
choices = ["block", "read"]
meaning = "what"

[params.amount]
unit = "ns"
unit_of = { read = "bytes" }
min = 1
max = 9_000_000
meaning = "how much"

[work]
operations = "ticks"

[oracle]
value = "ticks"

[cases.check]
params = { ticks = 1, beside = "block", amount = 5_000_000 }
expect = 1

[cases.headline]
params = { ticks = 2, beside = "read", amount = 65_536 }

[metrics.elapsed]
label = "elapsed time"
unit = "ns"
better = "lower"
formula = "elapsed_ns"
"""
WITH_WORDS = WORKLOAD[: WORKLOAD.index("[params.tasks]")] + WORDS


def test_a_parameter_may_have_another_unit_beside_a_word() -> None:
    demo = workload(WITH_WORDS)
    assert demo.describe_params(demo.cases["check"]) == "ticks = 1, beside = block, amount = 5 ms"
    assert (
        demo.describe_params(demo.cases["headline"]) == "ticks = 2, beside = read, amount = 64 KiB"
    )


def test_a_unit_for_a_word_that_is_no_choice_is_refused() -> None:
    with pytest.raises(Problem, match=r'params.amount.unit_of: found "red", expected a word'):
        workload(WITH_WORDS.replace("{ read =", "{ red ="))
