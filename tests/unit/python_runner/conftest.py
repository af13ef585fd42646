"""Fixtures for the tests of runner.session."""

from __future__ import annotations

import pytest

from runner import session
from tests.unit.python_runner.sessions import FakeClock, Kind


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(session, "clock", fake)
    return fake


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def kind(request: pytest.FixtureRequest, clock: FakeClock) -> Kind:
    return Kind(is_async=request.param)
