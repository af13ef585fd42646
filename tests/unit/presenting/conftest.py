"""Figures that were laid out for these tests are let go: they are millions of objects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import drawings


@pytest.fixture(scope="package", autouse=True)
def _no_figures_stay() -> Iterator[None]:
    yield
    drawings.drawing.cache_clear()
