"""The site of a client, planted: what becomes of a trial by what the site does and counts."""

from __future__ import annotations

import sys

import pytest

from harness.catalog.contestant import Contestant
from harness.catalog.workload import SITE_PORT
from harness.measuring.runners import protocol
from harness.measuring.runners.transcript import Transcript
from harness.measuring.servers.cores import Cores
from harness.measuring.servers.site import SiteDriver
from harness.results.records import Cell, Status, Trial
from tests.support.planted.bench import WORKLOAD, Bench, planted, runner, workload

FETCHES = WORKLOAD.replace(
    "[work]",
    """[site]
pages = 3
page_bytes = 100
delay_ns = 1_000
[observed.in_flight]
at_least = 3
[observed.connections]
at_most = 3
[work]""",
)
# A site that serves nobody and says what a test wants it to have counted.
SITE = """
import json, sys
def say(kind, **fields):
    print(json.dumps({"kind": kind, **fields}), flush=True)
way = sys.argv[1]
cases = [site["id"] for site in json.loads(sys.stdin.readline())["sites"]]
if way == "silent":
    sys.exit(1)
if way == "refuses":
    say("error", message="no port is free")
    sys.exit(2)
say("listening", ports={case: 1 for case in cases})
assert json.loads(sys.stdin.readline()) == {"kind": "stop"}
if way == "forgets":
    sys.exit(1)
for case in cases:
    # The planted runner makes one call in the check case, and three in the other.
    right = dict(rounds=1 if case == "check" else 3, strays=0, rest=0, in_flight=3, connections=3)
    say("served", case=case, **{**right, **(json.loads(way) if case == "headline" else {})})
say("finished", cpu_ns=5)
"""
GOOD = "{}"


def site(way: str) -> tuple[str, ...]:
    return (sys.executable, "-E", "-s", "-S", "-c", SITE, way)


def trial(way: str) -> Trial:
    bench = Bench(
        {"planted": workload(20, FETCHES)},
        lambda _: runner(planted("good")),
        load_command=site(way),
    )
    done = bench.trial(Cell(Contestant("planted", "asyncio"), "headline"), 0, 0)
    assert done is not None
    return done


def test_what_the_site_has_counted_belongs_to_the_counters_of_the_client() -> None:
    done = trial(GOOD)
    assert (done.status, done.message) == (Status.OK, "")
    assert done.observed == {"calls": 3, "in_flight": 3, "connections": 3}


@pytest.mark.parametrize(
    ("way", "status", "message"),
    [
        ('{"in_flight": 2}', Status.UNSETTLED, "in_flight: found 2, expected at least 3"),
        ('{"connections": 4}', Status.WRONG_ANSWER, "connections: found 4, expected at most 3"),
        (
            '{"strays": 1}',
            Status.WRONG_ANSWER,
            "the site got 1 request for a page that it has not, or again in the same call",
        ),
        (
            '{"rounds": 2, "rest": 1}',
            Status.WRONG_ANSWER,
            "the site was asked for every page 2 times, and 1 once more, expected 3 times",
        ),
        (
            '{"rounds": 0, "in_flight": 0}',  # what is asked too seldom is not merely unsettled
            Status.WRONG_ANSWER,
            "the site was asked for every page 0 times, expected 3 times",
        ),
        ("silent", Status.CRASH, "the site ended early: exit code 1"),
        ("refuses", Status.CRASH, "the site failed: no port is free"),
        ("forgets", Status.CRASH, "the site ended early: exit code 1"),
    ],
)
def test_a_trial_is_worth_what_its_site_saw(way: str, status: Status, message: str) -> None:
    done = trial(way)
    assert (done.status, done.message) == (status, message)


def test_a_site_that_cannot_be_started_is_reported_before_the_client_starts() -> None:
    driver = SiteDriver(("/no/such/command",), Cores(), 2**40, lambda: False)
    assert not driver.start([workload(20, FETCHES).resolve("check", "asyncio")])
    assert driver.failure.startswith("the site cannot be started: ")
    driver.finish()


def test_each_case_is_given_the_port_of_its_own_site() -> None:
    cases = [workload(20, FETCHES).resolve(id_, "asyncio") for id_ in ("check", "headline")]
    request = protocol.create_request(Contestant("planted", "asyncio"), cases, 1, turns=True)
    driver = SiteDriver((), Cores(), 2**40, lambda: False, ports={"check": 7, "headline": 8})
    ported = driver.add_ports(request)
    assert [case.params[SITE_PORT] for case in ported.cases] == [7, 8]
    assert request.run_up_ns == 0  # a run-up would ask for pages that no sample accounts for


@pytest.mark.parametrize(
    ("cpu_ns", "warning"), [(499, ""), (600, "the site was busy for 60% of the time")]
)
def test_a_site_that_may_have_limited_its_client_is_reported(cpu_ns: int, warning: str) -> None:
    transcript = Transcript([])
    transcript.samples["check"] = [protocol.SampleTaken("check", 0, 1_000, 1)]
    driver = SiteDriver((), Cores(), 2**40, lambda: False, cpu_ns=cpu_ns)
    assert driver.find_warning(transcript) == warning


def test_a_site_ends_with_its_trial() -> None:
    driver = SiteDriver(site(GOOD), Cores(), 2**40, lambda: False)
    assert driver.start([workload(20, FETCHES).resolve("check", "asyncio")])
    driver.finish()
    assert driver.failure == ""
    assert driver.served["check"].rounds == 1
    assert driver._handle.list_processes() == ()
