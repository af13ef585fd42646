"""harness.load: what a load generator is asked, and what is made of its answers. Pure."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from harness.catalog.workload import Workload
from harness.catalog.workload_file import load_folder
from harness.measuring.runners.protocol import ProtocolError
from harness.measuring.servers import load_protocol
from harness.paths import WORKLOADS
from harness.statistics.latencies import requests_needed
from harness.statistics.rounds import DEFAULT_ROUNDS, FEWEST_LONG_ROUNDS
from tests.support.factories import workload
from tests.support.planted.served import DRAINED, SERVED
from tests.support.workload_texts import CLIMBED

MS = 1_000_000


def asked(of: Workload, case: str, server_pids: tuple[int, ...] = ()) -> dict[str, Any]:
    request = load_protocol.create_request(of.resolve(case, "asyncio"), 1234, 7, server_pids)
    line = load_protocol.encode(request)
    assert line.count(b"\n") == 1
    return json.loads(line)


def phases(text: str, case: str) -> list[dict[str, Any]]:
    return asked(workload(text), case)["phases"]


CLOSED = {"loop": "closed", "duration_ns": 20 * MS}
WARMUP = {**CLOSED, "warmup": True}
OPEN = {"loop": "open", "duration_ns": 40 * MS, "rate_per_s": 400}


@pytest.mark.parametrize(
    ("text", "case", "expected"),
    [
        (SERVED, "check", [{"loop": "closed", "requests": 3}]),
        (SERVED, "headline", [WARMUP, CLOSED, CLOSED, OPEN]),
        (SERVED.replace("rate_per_s = 400", ""), "headline", [WARMUP, CLOSED, CLOSED]),
        (
            CLIMBED,
            "ladder",
            [
                WARMUP,
                WARMUP,
                {
                    "loop": "ladder",
                    "duration_ns": 40 * MS,
                    "requests": 2_000,
                    "rate_per_s": 100,
                    "factor_percent": 140,
                    "steps": 9,
                },
            ],
        ),
        (DRAINED, "check", [{"loop": "closed", "requests": 3}]),
        (DRAINED, "headline", [{**OPEN, "loop": "drain"}]),
    ],
    ids=["check", "headline", "no rate", "ladder", "check of draining", "draining"],
)
def test_the_phases_of_a_case(text: str, case: str, expected: list[dict[str, Any]]) -> None:
    assert phases(text, case) == expected


BLOCK_NS, BLOCKS = 5_000_000_000, 5  # of a usual run


@pytest.mark.parametrize("servers", [2, 17, 27, 40])
@pytest.mark.parametrize("id_", ["echo", "http"])
def test_the_turns_of_a_usual_run_have_the_requests_of_a_p99(id_: str, servers: int) -> None:
    case = load_folder(WORKLOADS)[id_].resolve("headline", "asyncio")
    turns = load_protocol.expect_turns(case, servers, BLOCK_NS, DEFAULT_ROUNDS)
    *closed, steady = load_protocol.create_request(case, 1234, 7, turns=turns).turns
    requests = steady.rate_per_s * steady.duration_ns // 1_000_000_000
    assert BLOCKS * turns * requests >= requests_needed({"p99_ns"})
    phases_ns = sum(phase.duration_ns for phase in (*closed, steady))
    assert turns == FEWEST_LONG_ROUNDS or servers * turns * phases_ns < BLOCK_NS


def test_a_request_has_what_the_workload_file_says() -> None:
    request = asked(workload(SERVED), "headline", (12, 34))
    del request["phases"]
    assert request == {
        "protocol": 1,
        "application": "echo",
        "address": "127.0.0.1:1234",
        "connections": 4,
        "message_bytes": 64,
        "path": "",
        "body": "",
        "seed": 7,
        "turns": [],
        "connect_timeout_ns": 30_008 * MS,
        "answer_timeout_ns": 30_000 * MS,
        "visits": 16 * max(2, os.cpu_count() or 1),
        "server_pids": [12, 34],
    }


def test_the_check_case_has_no_visits() -> None:
    assert asked(workload(SERVED), "check")["visits"] == 0


# --- what it answers


def phase(**more: Any) -> dict[str, Any]:
    return {"kind": "phase", "phase": 0, "loop": "closed", "elapsed_ns": 100, "requests": 1, **more}


def heard(*records: dict[str, Any]) -> load_protocol.LoadReport:
    it = load_protocol.LoadReport()
    for one in records:
        it.receive_line(json.dumps(one).encode())
    return it


STARTED = {"kind": "started", "protocol": 1, "facts": {"gomaxprocs": 2, "cpus": "0-1"}}


def test_received_records_are_kept() -> None:
    it = heard(
        STARTED,
        {"kind": "connected", "connections": 2, "elapsed_ns": 5},
        phase(warmup=True, unheard_of=1),
        phase(errors={"reset": 2}, reconnects=2, hdr="H", cpu_ns=None),
        phase(requests=300, unfinished=100, late_hdr="L", server_cpu_ns=4_000),
        {"kind": "finished", "served": 2},
    )
    assert it.facts == {"gomaxprocs": 2, "cpus": "0-1"}
    assert (it.is_connected, it.served, it.failed) == (True, 2, None)
    assert [one.warmup for one in it.phases] == [True, False, False]
    assert (it.phases[1].errors, it.phases[1].hdr, it.phases[1].cpu_ns) == ({"reset": 2}, "H", None)
    assert (it.phases[2].unfinished, it.phases[2].late_hdr) == (100, "L")
    # The CPU time of the requests that count, without the share of those that came too late.
    assert [one.cpu_of_requests_ns for one in it.phases] == [None, None, 3_000]


def test_an_error_is_kept_with_its_reason() -> None:
    it = heard({"kind": "error", "message": "no", "reason": "descriptors"})
    assert it.failed == load_protocol.LoadFailed("no", "descriptors")


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello",
        b"[]",
        b'{"kind": "sample"}',
        b'{"kind": "finished"}',
        b'{"kind": "finished", "served": "2"}',
        b'{"kind": "error", "message": "\xff"}',
        b'{"aside": ' + b"[" * 100_000,
        b'{"kind": "started", "protocol": 2}',
        b'{"kind": "phase", "phase": 0, "loop": "closed", "elapsed_ns": 1.5, "requests": 1}',
    ],
)
def test_an_invalid_record_is_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        load_protocol.LoadReport().receive_line(line)


def test_it_is_warm_when_it_is_connected_and_all_warm_up_was_made() -> None:
    case = workload(SERVED).resolve("headline", "asyncio")
    it = heard(STARTED)
    assert not it.is_warm(case)
    it.receive_line(b'{"kind": "connected", "connections": 2, "elapsed_ns": 5}')
    assert not it.is_warm(case)
    it.receive_line(json.dumps(phase(warmup=True)).encode())
    assert it.is_warm(case)


def steady(requests: int) -> dict[str, Any]:
    second = 1_000_000_000
    return phase(loop="open", rate_per_s=1_000, requests=requests, elapsed_ns=second)


LIMITED = (
    "client limited: the load generator used 96% of its CPU time, so the server could have"
    " done more"
)


@pytest.mark.parametrize(
    ("facts", "phases", "warnings"),
    [
        ({"gomaxprocs": 1}, [phase(cpu_ns=96)], (LIMITED,)),
        ({"gomaxprocs": 1}, [phase(cpu_ns=95)], ()),
        ({"gomaxprocs": 2}, [phase(cpu_ns=96)], ()),
        ({"gomaxprocs": 2}, [phase(cpu_ns=192)], (LIMITED,)),
        ({}, [phase(cpu_ns=96)], (LIMITED,)),
        ({"gomaxprocs": 1}, [phase(cpu_ns=96, warmup=True)], ()),
        ({"gomaxprocs": 1}, [steady(1_000) | {"cpu_ns": 960_000_000}], ()),
        ({"gomaxprocs": 1}, [phase(cpu_ns=None)], ()),
        ({"gomaxprocs": 1}, [phase(cpu_ns=96, elapsed_ns=0)], ()),
        ({"gomaxprocs": 0}, [phase(cpu_ns=96)], ()),
        ({"gomaxprocs": "two"}, [phase(cpu_ns=96)], ()),
        # In half of the turns, not in a single one.
        ({"gomaxprocs": 1}, [phase(cpu_ns=5), phase(cpu_ns=96), phase(cpu_ns=97)], (LIMITED,)),
        ({"gomaxprocs": 1}, [phase(cpu_ns=5), phase(cpu_ns=96), phase(cpu_ns=7)], ()),
        (
            {},
            [phase(loop="ladder"), phase(loop="ladder", cpu_ns=96, saturated=True)],
            (LIMITED,),
        ),
        (
            {},
            [phase(loop="ladder")],
            ("the ladder ended before the server was saturated: it could do more",),
        ),
        (
            {},
            [phase(loop="ladder", saturated=True)],
            ("saturated at the first step of the ladder: no lower rate was tried",),
        ),
        ({}, [steady(700), steady(701), steady(100)], ()),
        (
            {},
            [steady(699), steady(1_000), steady(100)],
            (
                "overloaded: it answered 699 of 1,000 requests per second, so its latency is that"
                " of a queue that grows",
            ),
        ),
        ({}, [], ()),
    ],
)
def test_a_limit_of_generator_or_server_is_a_warning(
    facts: dict[str, Any], phases: list[dict[str, Any]], warnings: tuple[str, ...]
) -> None:
    assert heard({**STARTED, "facts": facts}, *phases).warnings() == warnings
