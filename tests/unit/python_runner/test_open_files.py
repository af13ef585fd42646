"""runner.open_files: the limit is raised, or the error says which limit is needed."""

from __future__ import annotations

import pytest

from runner import open_files
from runner.work import Unsupported

resource = pytest.importorskip("resource")
INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "connections", "expected"),
    [
        ((1_024, 20_000), 10_000, [(10_064, 20_000)]),
        ((1_024, 20_000), 961, [(1_025, 20_000)]),
        ((1_024, 20_000), 960, []),
        ((1_024, INFINITE), 60_000, [(60_064, INFINITE)]),
        ((INFINITE, INFINITE), 60_000, []),
        ((10_064, 10_064), 10_000, []),
    ],
)
def test_the_limit_is_raised_only_if_necessary(
    monkeypatch: pytest.MonkeyPatch,
    limits: tuple[int, int],
    connections: int,
    expected: list[tuple[int, int]],
) -> None:
    new_limits: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: new_limits.append(limits))
    open_files.raise_limit(connections)
    assert new_limits == expected


def test_the_error_for_a_low_hard_limit_says_which_limit_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1_024, 4_096))
    monkeypatch.setattr(resource, "setrlimit", pytest.fail)
    with pytest.raises(Unsupported, match=r"limit of 4,096, .* 10,064 .*ulimit -Hn 10064"):
        open_files.raise_limit(10_000)
