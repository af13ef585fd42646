"""Formulas of workload files: arithmetic and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.formula import Formula
from tests.support.factories import examples

VALUES = {"n": 10, "tasks": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("2 * n", 20),
        ("n - 1 - 1", 8),
        ("n + tasks * 2", 16),
        ("(n + tasks) * 2", 26),
        ("n / 4", 2.5),
        ("n // 4", 2),
        ("n % 4", 2),
        ("-n", -10),
        ("2 ** tasks", 8),
        ("1_000 * 0.5", 500),
        ("min(n, tasks)", 3),
        ("max(n, tasks, 40 + 2)", 42),
        ("(n - 1) * n * (2 * n - 1) // 6", 285),
    ],
)
def test_a_formula_computes_like_python(text: str, value: float) -> None:
    assert Formula(text)(VALUES) == value


def test_integers_stay_integers_of_any_size() -> None:
    assert Formula("(n * n) ** 20")({"n": 10**3}) == 10**120


def test_a_formula_lists_its_free_names() -> None:
    assert Formula("min(n, 2) * (tasks + n)").names == {"n", "tasks"}
    assert Formula("10 + 3 + 7").names == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2 *",
        "2 * (n",
        "n; n",
        "n = 2",
        "n := 2",
        "lambda: n",
        "[n]",
        "n[0]",
        "n.real",
        "'n'",
        "True",
        "None",
        "1j",
        "n < 2",
        "n and 2",
        "not n",
        "~n",
        "n << 2",
        "n if n else 2",
        "open(n)",
        "n(2)",
        "abs(n)",
        "min(*n)",
        "min(n, key=n)",
        "__import__('os')",
        "\0",
    ],
)
def test_anything_but_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"formula|expected \+ - \* /"):
        Formula(text)


@pytest.mark.parametrize("text", ["min()", "max()", "min(n)"])
def test_min_and_max_of_fewer_than_two_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Formula(text)


@pytest.mark.parametrize(
    "text", ["-" * 5_000 + "n", "+".join(["n"] * 5_000), "(" * 5_000], ids=["minus", "sum", "open"]
)
def test_a_formula_that_is_nested_too_deep_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Formula(text)


@pytest.mark.parametrize("text", ["1 / (n - 10)", "1 // 0", "n % 0", "0 ** -1"])
def test_dividing_by_zero_is_an_arithmetic_error(text: str) -> None:
    with pytest.raises(ZeroDivisionError):
        Formula(text)(VALUES)


@pytest.mark.parametrize("text", ["n ** 65", "n ** 64 ** 64", "2 ** -65"])
def test_a_power_that_would_take_the_memory_is_an_arithmetic_error(text: str) -> None:
    with pytest.raises(OverflowError, match="larger than 64"):
        Formula(text)(VALUES)


def test_a_root_of_a_negative_number_is_an_arithmetic_error_and_no_complex_number() -> None:
    with pytest.raises(ArithmeticError):
        Formula("(0 - n) ** 0.5")(VALUES)


def test_a_name_without_a_value_is_a_key_error_with_the_name() -> None:
    with pytest.raises(KeyError, match="rounds"):
        Formula("2 * rounds")(VALUES)


def test_a_value_that_is_no_number_is_a_type_error_with_the_name() -> None:
    with pytest.raises(TypeError, match="n: found 'ten', expected a number"):
        Formula("2 * n")({"n": "ten"})


def test_formulas_of_the_same_text_are_the_same() -> None:
    assert Formula("2 * n") == Formula("2 * n")
    assert len({Formula("2 * n"), Formula("2 * n"), Formula("n * 2")}) == 2
    assert Formula("2 * n") != "2 * n"


def test_a_formula_is_shown_as_its_text() -> None:
    assert repr(Formula("2 * n")) == "Formula('2 * n')"


@given(st.text("0123456789nmi+-*/%(). ,", max_size=14))
@examples(200)
def test_any_text_is_a_formula_or_a_value_error(text: str) -> None:
    try:
        formula = Formula(text)
    except ValueError:
        return
    assert formula.text == text
