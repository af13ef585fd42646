"""HTTP on one core: the CPU time of a server per request, of one model over another.

Both servers run on one core, the load generator on another. A worker of `processes` uses the parser
and the loop of asyncio, so it should cost the same. Only one worker is left: two on one core would
share the connections, and each would wake more often for fewer of them. The servers alternate, and
each round gives one ratio.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

import psutil

from harness.catalog.contestant import parse_name
from tests.bench import load, tools
from tests.support.planted.bench import new_mark
from tests.support.served import BODY, Server, serving

_ROUNDS, _PHASE_MS, _VISITS = 15, 500, 32
_BAR = 0.10
# The contestants of a ratio, and whether they should cost the same.
_PAIRS = (
    ("processes · uvicorn", "asyncio · uvicorn", True),
    ("processes", "asyncio", True),
    ("trio", "asyncio", False),
)


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for this, to, same in _PAIRS:
        ratios = list(_ratios(this, to))
        middle = median(ratios)
        yield (
            f"HTTP on one core, one process, CPU time per request: {this} over {to}",
            f"{middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} rounds)",
            f"within {_BAR:.0%}" if same else "no bar",
            not same or abs(middle - 1) <= _BAR,
        )


def _ratios(this: str, to: str) -> Iterator[float]:
    with _alone_on_a_core(this) as first, _alone_on_a_core(to) as second:
        for round_ in range(tools.amount(_ROUNDS, 1)):
            order = (first, second) if round_ % 2 else (second, first)
            costs = {server: _ns_per_request(server) for server in order}
            yield costs[first] / costs[second]


@contextmanager
def _alone_on_a_core(name: str) -> Iterator[Server]:
    """Run a server on the first core, with at most one worker."""
    cores = os.sched_getaffinity(0)
    contestant = parse_name("http", name)
    assert contestant is not None
    with ExitStack() as stack:
        os.sched_setaffinity(0, {min(cores)})  # a child inherits it
        try:
            server = stack.enter_context(serving(contestant, new_mark()))
        finally:
            os.sched_setaffinity(0, cores)
        _leave_one_worker(server)
        yield server


def _leave_one_worker(server: Server) -> None:
    processes = psutil.Process(server.process.pid).children(recursive=True)
    listening = [
        each
        for each in processes
        if any(socket.status == "LISTEN" for socket in each.net_connections("tcp4"))
    ]
    for worker in listening[1:]:
        worker.terminate()
    psutil.wait_procs(listening[1:])


def _cpu_ns(server: Server) -> float:
    parent = psutil.Process(server.process.pid)
    times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
    return sum(each.user + each.system for each in times) * 1e9


def _ns_per_request(server: Server) -> float:
    before = _cpu_ns(server)
    phase = {"loop": "closed", "duration_ns": _PHASE_MS * 1_000_000}
    measured = load.generate(
        server.port, [phase], application="http", path="/", body=BODY.decode(), visits=_VISITS
    )
    requests = sum(each["requests"] for each in measured)
    return (_cpu_ns(server) - before) / requests
