"""The browser that shows reports and figures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.browser import Browser, browser, chromium


@pytest.fixture(scope="session")
def chrome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Start one Chromium for all tests; where none starts, they are skipped."""
    if chromium() is None:
        pytest.skip("no Chromium that starts is here")
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started
