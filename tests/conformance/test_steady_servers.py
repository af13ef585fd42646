"""Servers are measured in the state that they reach after a minute, in each of their processes.

Until a process has freed a block above malloc's mmap threshold, such as the buffer of a read that
found the end of a connection, it maps and unmaps memory for each such block. A server in that state
has page faults for every request.
"""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import psutil
import pytest

from harness.catalog.workload_file import load_folder
from harness.measuring.runners.go_build import build_go
from harness.measuring.servers import load_protocol
from harness.paths import WORKLOADS
from tests.support.implementations import python_parameters
from tests.support.planted.bench import new_mark, patiently
from tests.support.served import Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.implementations import Implementation

IMPLEMENTATIONS = [
    pytest.param(*one.values, id=f"{workload}-{one.id}", marks=one.marks)
    for workload in ("http", "drain", "echo")
    for one in python_parameters(workload)
]
CONNECTIONS, REQUESTS = 8, 50  # of each connection, in the warm-up and in a turn
MOST_FAULTS_PER_REQUEST = 0.5  # found: nearly 0; before a connection has ended: 2
TURNS = 4  # the best after the first counts: a machine short of memory takes pages back


@pytest.fixture(scope="module")
def generator() -> Path:
    built, reason = build_go()
    if built is None:
        pytest.skip(reason)
    return built.load


@pytest.fixture(autouse=True)
def not_for_ever() -> Iterator[None]:
    with patiently():
        yield


def request_of(one: Implementation, port: int) -> bytes:
    """Return what the harness asks of the load generator, but with phases of few requests."""
    case = load_folder(WORKLOADS)[one.workload].resolve("headline", one.model)
    closed = load_protocol.PhaseRequest("closed", requests=REQUESTS)
    request = load_protocol.create_request(case, port, 7, turns=1)
    few = msgspec.structs.replace(
        request, connections=CONNECTIONS, phases=(closed,), turns=(closed,)
    )
    return load_protocol.encode(few)


def page_faults(server: Server) -> int:
    """Return how many pages the server and its workers have touched for the first time."""
    parent = psutil.Process(server.process.pid)
    stats = [
        Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        for process in (parent, *parent.children(recursive=True))
    ]
    return sum(int(fields[7]) for fields in stats)


def faults_per_request(generator: Path, server: Server, request: bytes) -> float:
    """Return the page faults per request of a turn."""
    with subprocess.Popen([generator], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def send(line: bytes) -> None:
            process.stdin.write(line)
            process.stdin.flush()

        def receive(kind: str) -> dict[str, Any]:
            return next(one for one in map(json.loads, process.stdout) if one["kind"] == kind)

        send(request)
        receive("ready")
        counts = []
        for _ in range(TURNS):
            send(b'{"kind": "turn"}\n')
            assert receive("phase")["requests"] == CONNECTIONS * REQUESTS
            counts.append(page_faults(server))
        send(b'{"kind": "end"}\n')
        assert receive("finished")["served"] == CONNECTIONS
    fewest = min(after - before for before, after in pairwise(counts))
    return fewest / (CONNECTIONS * REQUESTS)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells the page faults")
@pytest.mark.parametrize("one", IMPLEMENTATIONS)
def test_a_server_that_is_measured_has_almost_no_page_faults(
    generator: Path, one: Implementation
) -> None:
    with serving(one, new_mark(), wait_ns=0) as server:
        found = faults_per_request(generator, server, request_of(one, server.port))
    assert found < MOST_FAULTS_PER_REQUEST
