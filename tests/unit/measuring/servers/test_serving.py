"""What is looked at before a server is started: the limit of open files, the load generator."""

from __future__ import annotations

import resource

import pytest

from harness.measuring.servers import load_driver
from harness.results.records import Status
from tests.support.planted.bench import workload
from tests.support.planted.served import SERVED, bench_of_servers, trial_of_server


def test_too_few_open_files_are_reported_before_anything_starts(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (50, 60))
    monkeypatch.setattr(resource, "setrlimit", lambda *_: None)  # not of the tests after this one
    done = trial_of_server(bench_of_servers(mark, ("/no/such/command",)))
    assert (done.status, done.message, done.wall_ns) == (
        Status.UNSUPPORTED,
        "open files: found a limit of 60, expected at least 68 for 4 connections, on both sides"
        " (ulimit -Hn)",
        0,
    )


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        ((50, 100), [(68, 100)]),
        ((50, resource.RLIM_INFINITY), [(68, resource.RLIM_INFINITY)]),
        ((68, 68), []),
        ((resource.RLIM_INFINITY, resource.RLIM_INFINITY), []),
    ],
)
def test_a_soft_limit_of_open_files_is_raised(
    monkeypatch: pytest.MonkeyPatch, limits: tuple[int, int], raised: list[tuple[int, int]]
) -> None:
    was: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    monkeypatch.setattr(resource, "setrlimit", lambda _, now: was.append(now))
    case = workload(10, SERVED, "served").resolve("headline", "asyncio")
    assert load_driver.find_obstacle(case, ("generator",)) is None
    assert was == raised


def test_without_a_load_generator_no_server_is_started(mark: str) -> None:
    done = trial_of_server(bench_of_servers(mark, ()))
    assert (done.status, done.message) == (Status.UNSUPPORTED, "there is no load generator here")
