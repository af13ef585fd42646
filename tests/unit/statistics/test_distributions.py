from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from harness.statistics import distributions
from tests.support.factories import examples

SHAPES = st.floats(0.5, 500)


@examples(200)
@given(SHAPES, SHAPES, st.floats(0, 1))
def test_the_beta_distribution_is_that_of_scipy(a: float, b: float, x: float) -> None:
    expected = special.betainc(a, b, x)
    assert distributions.beta_cdf(a, b, x) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@examples(50)
@given(st.integers(1, 200), st.integers(1, 200), st.floats(0.01, 0.99))
def test_its_quantiles_are_those_of_scipy(a: int, b: int, p: float) -> None:
    expected = special.betaincinv(a, b, p)
    assert distributions.beta_quantile(a, b, p) == pytest.approx(expected, rel=1e-9)


@examples(100)
@given(st.floats(1, 1_000), st.floats(-50, 50))
def test_the_tails_of_student_are_those_of_scipy(freedom: float, t: float) -> None:
    expected = 2 * special.stdtr(freedom, -abs(t))
    assert distributions.t_two_sided(freedom, t) == pytest.approx(expected, rel=1e-8, abs=1e-14)


@pytest.mark.parametrize("freedom", [1, 2, 4, 4.7, 9, 30, 1_000])
def test_the_quantiles_of_student_are_those_of_scipy(freedom: float) -> None:
    expected = special.stdtrit(freedom, 0.975)
    assert distributions.t_quantile(freedom, 0.05) == pytest.approx(expected, rel=1e-9)
