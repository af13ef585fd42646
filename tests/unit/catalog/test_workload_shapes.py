"""Words as parameters, exclusions, limits that clamp, loads: read, refused, computed with."""

from __future__ import annotations

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.parts import Exclusion, Limit, Param
from harness.catalog.workload import MODELS
from harness.errors import Problem
from harness.measuring.plan import RunSelection, plan_cells
from harness.measuring.runners.runner import Offer
from harness.results.records import Absence
from tests.support.factories import workload
from tests.support.planted.served import DRAINED, SERVED
from tests.support.workload_texts import CLIMBED, TICKING

ALL_MODELS = ", ".join(MODELS)
T = workload(TICKING)


def test_a_file_is_read_as_it_is_written() -> None:
    assert T.params["on"] == Param("on", "", 0, 0, "where", ("loop", "thread", "process"))
    assert T.cases["aside"].params == {"ticks": 50, "on": "thread"}
    assert [id_ for id_, case in T.cases.items() if case.thorough] == ["aside"]
    assert T.exclusions == (Exclusion("go", "on", ("thread", "process"), "it has no loop"),)
    assert T.limits[0] == Limit("threads", "ticks", 30, "it is the same with fewer", clamps=True)
    assert T.load is None


def test_a_load_is_read_with_defaults_for_absent_keys() -> None:
    served = workload(CLIMBED)
    load = served.load
    assert load is not None
    assert (load.application, load.requests, load.rate_ms, load.drains) == ("echo", 3, 40, False)
    assert (load.ladder_from, load.ladder_percent, load.ladder_steps) == (100, 140, 9)
    assert (load.connect_ms, load.answer_ms, load.path, load.body) == (30_000, 30_000, "", "")
    assert (served.cases["headline"].rate_per_s, served.cases["headline"].ladder) == (400, False)
    assert (served.cases["ladder"].rate_per_s, served.cases["ladder"].ladder) == (0, True)
    drained = workload(DRAINED).load
    assert drained is not None
    assert drained.drains


# name -> (the good file, a stretch of it, what it becomes, how the message goes on after the file)
BROKEN = {
    "choices no list": (
        TICKING,
        '["loop", "thread", "process"]',
        '"loop"',
        'params.on.choices: found "loop", expected a list of texts',
    ),
    "choices of a number": (
        TICKING,
        "max = 100\n",
        'max = 100\nchoices = ["a"]\n',
        "params.ticks.unit: unknown key, expected one of choices, meaning",
    ),
    "choices empty": (
        TICKING,
        '["loop", "thread", "process"]',
        "[]",
        "params.on.unit: found nothing, expected a text",
    ),
    "a word that is none of them": (
        TICKING,
        'ticks = 20, on = "loop"',
        'ticks = 20, on = "moon"',
        'cases.headline.params.on: found "moon", expected one of loop, thread, process',
    ),
    "a number for a word": (
        TICKING,
        'ticks = 20, on = "loop"',
        "ticks = 20, on = 1",
        "cases.headline.params.on: found 1, expected one of loop, thread, process",
    ),
    "a word for a number": (
        TICKING,
        "ticks = 20,",
        'ticks = "20",',
        'cases.headline.params.ticks: found "20", expected an integer from 2 to 100',
    ),
    "a word is absent": (
        TICKING,
        'ticks = 20, on = "loop"',
        "ticks = 20",
        "cases.headline.params.on: found nothing, expected one of loop, thread, process",
    ),
    "arithmetic on a word": (
        TICKING,
        'operations = "ticks"',
        'operations = "on"',
        'work.operations: found "on", expected a formula of these names: ticks; not on',
    ),
    "sweep along a word": (
        TICKING,
        'param = "ticks"\nvalues = [10',
        'param = "on"\nvalues = [10',
        'sweep.param: found "on", expected one of ticks',
    ),
    "limit on a word": (
        TICKING,
        'param = "ticks"\nmost = 30',
        'param = "on"\nmost = 30',
        'limits[0].param: found "on", expected one of ticks',
    ),
    "clamped to less than may be": (
        TICKING,
        "most = 30",
        "most = 1",
        "limits[0].most: found 1, expected at least min of ticks, which is 2",
    ),
    "clamps no truth": (
        TICKING,
        "clamps = true\nreason",
        "clamps = 1\nreason",
        "limits[0].clamps: found 1, expected true or false",
    ),
    "thorough no truth": (
        TICKING,
        "thorough = true",
        "thorough = [1]",
        "cases.aside.thorough: found [1], expected true or false",
    ),
    "exclusion of an unknown model": (
        TICKING,
        'model = "go"',
        'model = "fibers"',
        f'exclusions[0].model: found "fibers", expected one of {ALL_MODELS}',
    ),
    "exclusion by a number": (
        TICKING,
        'param = "on"\nvalues',
        'param = "ticks"\nvalues',
        'exclusions[0].param: found "ticks", expected one of on',
    ),
    "exclusion of what is no word": (
        TICKING,
        'values = ["thread", "process"]',
        'values = ["moon"]',
        'exclusions[0].values: found "moon", expected one of loop, thread, process',
    ),
    "exclusion without a reason": (
        TICKING,
        'reason = "it has no loop"',
        "",
        "exclusions[0].reason: found nothing, expected a text",
    ),
    "exclusion where there are no words": (
        SERVED,
        "[metrics.throughput]",
        '[[exclusions]]\nmodel = "go"\nparam = "connections"\nvalues = []\nreason = "x"\n'
        "[metrics.throughput]",
        'exclusions[0].param: found "connections", expected none: there are no choices',
    ),
    "a name of another shape": (
        TICKING,
        '"p99_ns"',
        '"bytes_per_task"',
        'metrics.p99.formula: found "bytes_per_task", expected a formula of these names: ',
    ),
    "load where nothing is served": (
        TICKING,
        "[work]",
        "[load]\n[work]",
        "load: unknown key, expected one of advice, alone, cases, ",
    ),
    "rate where nothing is served": (
        TICKING,
        "thorough = true",
        "rate_per_s = 5",
        "cases.aside.rate_per_s: unknown key, expected one of disturbance_ns, ",
    ),
    "load absent": (SERVED, "[load]", "[lod]", "load: found nothing, expected a table"),
    "page without a path": (
        SERVED,
        '"echo"',
        '"http"',
        "load.path: found nothing, expected a text",
    ),
    "path without its slash": (
        SERVED,
        '"echo"',
        '"http"\npath = "a"\nbody = "b"',
        'load.path: found "a", expected a path that begins with /',
    ),
    "page without a body": (
        SERVED,
        '"echo"',
        '"http"\npath = "/"\nbody = ""',
        'load.body: found "", expected a text',
    ),
    "path of an echo": (
        SERVED,
        '"echo"',
        '"echo"\npath = "/"',
        "load.path: unknown key, expected one of answer_timeout_ms, ",
    ),
    "no length of messages": (
        SERVED.replace("message_bytes", "size"),
        "",
        "",
        'load.application: found "echo", expected one that needs no parameter message_bytes, or'
        " that parameter",
    ),
    "no time at a rate": (
        SERVED,
        "rate_ms = 40",
        "rate_ms = 0",
        "load.rate_ms: found 0, expected an integer from 1 to 3600000",
    ),
    "a ladder that does not rise": (
        CLIMBED,
        "ladder_percent = 140",
        "ladder_percent = 100",
        "load.ladder_percent: found 100, expected an integer from 101 to 10000",
    ),
    "a rate beside a ladder": (
        CLIMBED,
        "ladder = true",
        "ladder = true\nrate_per_s = 5",
        "cases.ladder.rate_per_s: unknown key, expected one of disturbance_ns, ",
    ),
    "a ladder while it drains": (
        DRAINED,
        "rate_per_s = 400",
        "rate_per_s = 400\nladder = true",
        "cases.headline.ladder: unknown key, expected one of disturbance_ns, ",
    ),
    "draining without a rate": (
        DRAINED,
        "rate_per_s = 400",
        "",
        "cases.headline.rate_per_s: found nothing, expected an integer from 1 to 100000000",
    ),
    "a rate of the check": (
        SERVED,
        "expect = 2",
        "expect = 2\nrate_per_s = 5",
        "cases.check.rate_per_s: unknown key, expected one of disturbance_ns, ",
    ),
    "no time to be asked in": (
        SERVED,
        "min_sample_ms = 20",
        "",
        "cases.headline.min_sample_ms: found 0, expected at least 1: it is how long a server is",
    ),
    "no time to be asked in along the sweep": (
        SERVED,
        "[metrics.throughput]",
        '[sweep]\nparam = "connections"\nvalues = [1]\n[metrics.throughput]',
        "sweep.min_sample_ms: found 0, expected at least 1: it is how long a server is asked",
    ),
}


@pytest.mark.parametrize(("text", "good", "bad", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_file_key_found_and_expected(
    text: str, good: str, bad: str, message: str
) -> None:
    assert good in text
    with pytest.raises(Problem) as caught:
        workload(text.replace(good, bad, 1))
    assert str(caught.value).startswith(f"demo.toml: {message}")


# --- the arithmetic


@pytest.mark.parametrize(
    ("case", "model", "excluded"),
    [("aside", "go", True), ("headline", "go", False), ("aside", "asyncio", False)],
)
def test_an_exclusion_excludes_its_model_from_cases_with_its_values(
    case: str, model: str, *, excluded: bool
) -> None:
    found = T.find_exclusion(T.cases[case], model)
    assert (found is not None) == excluded


@pytest.mark.parametrize("offered", [True, False])
def test_an_excluded_case_is_not_applicable_whether_or_not_it_is_implemented(
    *, offered: bool
) -> None:
    offers = [Offer(Contestant("demo", "go"), "go", "x.go")] if offered else []
    selection = RunSelection(models=("go",), cases=("aside",))
    present, absent = plan_cells([T], selection, offers, {}, None)
    assert present == []
    assert [(cell.absence, cell.reason) for cell in absent] == [
        (Absence.NOT_APPLICABLE, "it has no loop")
    ]


@pytest.mark.parametrize(
    ("case", "model", "ticks"),
    [
        ("aside", "threads", 25),  # the least of both limits
        ("ticks-40", "threads", 25),
        ("headline", "threads", 20),
        ("aside", "asyncio", 50),
        ("aside", "trio", 50),  # which it cannot do, and does not do with less
    ],
)
def test_a_limit_that_clamps_reduces_the_parameter(case: str, model: str, ticks: int) -> None:
    found = T.resolve(case, model)
    assert found.params == {**T.cases[case].params, "ticks": ticks}
    assert (found.id, found.sampling) == (case, T.cases[case].sampling)
    assert found.operations == found.expected == ticks


def test_a_limit_that_clamps_excludes_no_model() -> None:
    assert T.find_limit(T.cases["aside"], "threads") is None
    assert T.find_limit(T.cases["aside"], "trio") == T.limits[2]


def test_the_cases_along_a_parameter_differ_in_nothing_else() -> None:
    along = [case.id for case in T.cases_along("ticks")]
    assert along == ["ticks-10", "headline", "ticks-40", "longer"]


def test_a_ladder_is_no_point_of_a_sweep() -> None:
    sweep = '[sweep]\nparam = "connections"\nvalues = [1]\nmin_sample_ms = 9\n[metrics.throughput]'
    served = workload(CLIMBED.replace("[metrics.throughput]", sweep, 1))
    assert [case.id for case in served.cases_along("connections")] == ["connections-1", "headline"]


def test_words_are_shown_as_they_are() -> None:
    assert T.describe_params(T.cases["aside"]) == "ticks = 50, on = thread"
