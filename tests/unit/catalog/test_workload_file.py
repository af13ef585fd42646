"""Workload files: the good ones load, and each bad one is told what is wrong with it, and where."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog import workload_file
from harness.catalog.formula import Formula
from harness.catalog.parts import Case, Metric, Sampling, Sweep, WantedCount
from harness.catalog.workload import CHECK, MODELS
from harness.errors import Problem
from harness.paths import WORKLOADS
from tests.support.broken_workloads import BROKEN
from tests.support.factories import WORKLOAD, examples, who, workload

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

SHIPPED = WORKLOADS


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_workload_loads_and_its_arithmetic_holds_for_every_case(path: Path) -> None:
    shipped = workload(path.read_text(encoding="utf-8"), path.stem)
    for case in shipped.cases.values():
        assert shipped.count_operations(case) >= 1
        for model in MODELS:
            resolved = shipped.resolve(case.id, model)
            assert type(resolved.expected) is int
            assert resolved.ideal_ns is None or resolved.ideal_ns > 0


def test_every_file_of_the_shipped_folder_is_read() -> None:
    names = {path.stem for path in SHIPPED.glob("*.toml")}
    assert set(workload_file.load_folder(SHIPPED)) == names
    assert {"noop", "kitchen"} <= names


def test_a_counter_may_be_a_formula_and_a_least_value() -> None:  # V6
    text = WORKLOAD.replace("expected = 3\n", 'at_least = "tasks"\n').replace(
        "expected_of = { sequential = 1 }",
        'expected_of = { sequential = "tasks // tasks" }\nat_least_of = { threads = "tasks - 1" }',
    )
    (seen,) = workload(text).observations
    models = ("asyncio", "threads", "sequential")
    said = [seen.wanted_from(model).describe({"tasks": 1_000}) for model in models]
    assert said == ["at least 1,000", "at least 999", "1"]


def test_a_counter_may_have_a_largest_value() -> None:
    (seen,) = workload(WORKLOAD.replace("expected = 3\n", 'at_most = "tasks"\n')).observations
    wanted = seen.wanted_from("asyncio")
    assert [wanted.accepts(count, {"tasks": 3}) for count in (2, 3, 4)] == [True, True, False]
    assert wanted.describe({"tasks": 3}) == "at most 3"


def test_a_site_has_as_many_pages_as_its_formulas_say() -> None:
    table = '[site]\npages = "tasks"\npage_bytes = 100\ndelay_ns = "wait_ns"\n\n[work]\n'
    site = workload(WORKLOAD.replace("[work]\n", table)).site
    assert site is not None
    assert site.resolve({"tasks": 7, "wait_ns": 5}) == {
        "pages": 7,
        "broken": 0,
        "page_bytes": 100,
        "links": 0,
        "delay_ns": 5,
    }


def test_a_file_is_read_as_it_is_written() -> None:
    demo = workload()
    assert demo.title == "Demo"
    assert demo.rules == ("Wait.", "Answer.")
    assert demo.params["tasks"].most == 1_000
    assert demo.not_applicable == {"scratch": "it is not for this"}
    assert demo.contrasts == ((who("threads"), who("asyncio")),)
    assert demo.observations[0].wanted_from("sequential") == WantedCount(Formula("1"))
    assert demo.text == WORKLOAD
    assert demo.cases["headline"] == Case(
        "headline", {"tasks": 10, "wait_ns": 50_000_000}, Sampling(1, 2, 20_000_000, 40)
    )
    assert demo.sweep == Sweep("tasks", (1, 10, 100), (1_000,), Sampling(0, 1, 0, 60))
    speedup = demo.metrics["speedup"]
    assert isinstance(speedup, Metric)
    assert speedup.baselines == ("sequential", "go-1cpu")


def test_the_ideal_of_a_metric_is_a_formula_of_parameters_alone() -> None:
    with_ideal = WORKLOAD.replace("[metrics.speedup]\n", '[metrics.speedup]\nideal = "2 * tasks"\n')
    ideal = workload(with_ideal).metrics["speedup"].ideal
    assert ideal is not None
    assert ideal({"tasks": 3}) == 6
    with pytest.raises(Problem, match=r'speedup.ideal: found "elapsed_ns", expected a formula'):
        workload(with_ideal.replace('ideal = "2 * tasks"', 'ideal = "elapsed_ns"'))


def test_the_first_metric_of_a_file_is_its_headline() -> None:
    assert list(workload().metrics) == ["elapsed", "speedup", "cores"]


def test_a_workload_is_the_floor_only_if_its_file_says_so() -> None:
    assert not workload().is_floor
    assert workload("floor = true\n" + WORKLOAD).is_floor


def test_a_sweep_makes_a_case_of_every_value_but_that_of_the_headline_case() -> None:
    cases = workload().cases
    assert list(cases) == ["check", "headline", "tasks-1", "tasks-100", "tasks-1000"]
    assert cases["tasks-100"].params == {"tasks": 100, "wait_ns": 50_000_000}
    assert [id_ for id_, case in cases.items() if case.thorough] == ["tasks-1000"]


@pytest.mark.parametrize(("good", "bad", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_refused_with_file_key_found_and_expected(
    good: str, bad: str, message: str
) -> None:
    assert good in WORKLOAD
    with pytest.raises(Problem) as caught:
        workload(WORKLOAD.replace(good, bad, 1))
    assert str(caught.value).startswith(f"demo.toml: {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = ", "demo.toml: not valid TOML: Invalid value (at end of document)"),
        ("title = 'a'\ntitle = 'b'", "demo.toml: not valid TOML: Cannot overwrite a value"),
        ("", "demo.toml: work: found nothing, expected a table"),
    ],
)
def test_a_text_that_is_no_workload_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(Problem, match=f"^{re.escape(message)}"):
        workload(text)


@pytest.mark.parametrize("id_", ["Demo", "two-words", "two_words", "2fast", "", "démo"])
def test_an_id_that_is_no_lowercase_word_is_refused(id_: str) -> None:
    with pytest.raises(Problem, match="expected one lowercase word"):
        workload_file.parse(id_, WORKLOAD, f"{id_}.toml")


@pytest.mark.parametrize(
    "formula", ["1 // (tasks - 3)", "tasks ** 65", "min()", "(0 - tasks) ** 0.5", "1e999"]
)
def test_an_oracle_without_an_answer_to_the_check_case_is_refused(formula: str) -> None:
    with pytest.raises(Problem, match=r"^demo\.toml: "):
        workload(WORKLOAD.replace('"2 * tasks"', f'"{formula}"'))


@pytest.mark.parametrize("formula", ["0", "tasks - 10", "1 // (tasks - 10)"])
def test_operations_below_one_in_some_case_are_refused(formula: str) -> None:
    with pytest.raises(Problem, match=r"^demo\.toml: work\.operations: "):
        workload(WORKLOAD.replace('operations = "tasks"', f'operations = "{formula}"'))


def test_a_case_with_the_id_of_a_sweep_case_is_refused() -> None:
    mine = "[cases.tasks-100]\nparams = { tasks = 100, wait_ns = 1_000_000 }\n\n[sweep]"
    with pytest.raises(Problem, match="tasks-100"):
        workload(WORKLOAD.replace("[sweep]", mine))


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5_000,
        WORKLOAD.replace("expect = 6", f"expect = {'9' * 5_000}"),
        WORKLOAD.replace("expect = 6", f"expect = 0x{'f' * 5_000}"),
        WORKLOAD.replace('"2 * tasks"', f'"{"-" * 5_000}tasks"'),
    ],
    ids=["nested", "long number", "long hexadecimal number", "deep formula"],
)
def test_an_extreme_file_is_refused_and_does_not_crash(text: str) -> None:
    with pytest.raises(Problem, match=r"^demo\.toml: "):
        workload(text)


TOKENS = (
    "0",
    "-1",
    "1.5",
    "true",
    "nan",
    "[]",
    "{}",
    "''",
    "'x'",
    "1979-05-27",
    "\n[x]\n",
    '"',
    "",
)


@st.composite
def mutated(draw: DrawFn) -> str:
    """Return the good file with a stretch of it replaced, or cut off, or two lines exchanged."""
    text = WORKLOAD
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        match draw(st.sampled_from(["replace", "cut", "value", "lines"])):
            case "replace":
                length = draw(st.integers(0, 12))
                text = text[:start] + draw(st.text(max_size=6)) + text[start + length :]
            case "cut":
                text = text[:start]
            case "value":
                end = text.find("\n", start)
                equals = text.rfind("=", 0, end)
                text = text[: equals + 1] + draw(st.sampled_from(TOKENS)) + text[end:]
            case "lines":
                lines = text.splitlines()
                places = st.integers(0, max(0, len(lines) - 1))
                a, b = draw(places), draw(places)
                if lines:
                    lines[a], lines[b] = lines[b], lines[a]
                text = "\n".join(lines)
    return text


@given(mutated())
@examples(400)
def test_any_file_is_a_workload_or_one_problem_that_names_the_file(text: str) -> None:
    try:
        demo = workload(text)
    except Problem as problem:
        message = str(problem)
    else:
        message = f"demo.toml: {demo.cases[CHECK].id}"
    assert message.startswith("demo.toml: ")


def test_a_folder_without_workload_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"found no workload file, expected at least one \*\.toml"):
        workload_file.load_folder(tmp_path)


def test_a_file_that_is_no_text_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "demo.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(Problem, match=r"^demo\.toml: cannot be read: "):
        workload_file.load_folder(tmp_path)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / f"{name}.toml").write_text(WORKLOAD, encoding="utf-8")
    assert list(workload_file.load_folder(tmp_path)) == ["a", "b", "c"]


def test_the_runtime_matters_in_the_cases_that_a_file_names() -> None:
    def cases(text: str) -> tuple[str, ...]:
        return workload(f"on_runtimes = {text}\n{WORKLOAD}").on_runtimes

    assert workload().on_runtimes == ()
    assert cases('["headline", "tasks-1"]') == ("headline", "tasks-1")
    assert cases('["all"]') == tuple(workload().cases)
    with pytest.raises(Problem, match=r'on_runtimes: found "headlines", expected all or one of'):
        cases('["headlines"]')
