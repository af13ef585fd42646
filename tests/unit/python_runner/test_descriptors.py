"""Room for connections: the limit of open files is raised, or what is needed is said."""

from __future__ import annotations

import pytest

from runner import descriptors
from runner.work import Unsupported

resource = pytest.importorskip("resource")
ENDLESS = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "connections", "asked"),
    [
        ((1_024, 20_000), 10_000, [(10_064, 20_000)]),
        ((1_024, 20_000), 961, [(1_025, 20_000)]),
        ((1_024, 20_000), 960, []),
        ((1_024, ENDLESS), 60_000, [(60_064, ENDLESS)]),
        ((ENDLESS, ENDLESS), 60_000, []),
        ((10_064, 10_064), 10_000, []),
    ],
)
def test_the_limit_is_raised_where_it_has_to_be(
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    connections: int,
    asked: list[tuple[int, int]],
) -> None:
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: found.append(wanted))
    descriptors.allow(connections)
    assert found == asked


def test_a_limit_that_cannot_be_raised_is_said_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", pytest.fail)
    with pytest.raises(Unsupported, match=r"10,064 open files.* 4,096: .*ulimit -Hn 10064"):
        descriptors.allow(10_000)
