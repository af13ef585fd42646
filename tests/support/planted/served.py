"""Planted servers: their workload files, and trials of them.

Phases are short. Timeouts are long, except where one has to be reached.
"""

from __future__ import annotations

import threading

from harness.catalog.contestant import Contestant
from harness.results.records import Cell, Trial
from tests.support.planted.bench import MARK, Bench, patiently, planted, runner, workload

SERVED = """
title = "Served"
question = "What becomes of a server that misbehaves?"
shape = "server"
rules = ["Send back what comes."]
[params.connections]
unit = "connections"
min = 1
max = 60_000
meaning = "how many"
[params.message_bytes]
unit = "bytes"
min = 1
max = 65_536
meaning = "how long"
[work]
operations = "1"
[oracle]
value = "connections"
[load]
application = "echo"
check_requests = 3
rate_ms = 40
connect_timeout_ms = 30_000
answer_timeout_ms = 30_000
[cases.check]
params = { connections = 2, message_bytes = 64 }
expect = 2
[cases.headline]
params = { connections = 4, message_bytes = 64 }
warmup = 1
iterations = 2
min_sample_ms = 20
rate_per_s = 400
[metrics.throughput]
label = "messages"
unit = "messages/s"
better = "higher"
formula = "operations * 1000000000 / elapsed_ns"
[metrics.p50]
label = "half wait"
unit = "ns"
better = "lower"
formula = "p50_ns"
"""
HURRIED = SERVED.replace("answer_timeout_ms = 30_000", "answer_timeout_ms = 150")
NOBODY = SERVED.replace("connect_timeout_ms = 30_000", "connect_timeout_ms = 300")
DRAINED = (
    SERVED[: SERVED.index("warmup")].replace("rate_ms = 40", "drains = true\nrate_ms = 40")
    + 'rate_per_s = 400\n[metrics.lost]\nlabel = "lost"\nunit = "requests"\nbetter = "lower"\n'
    'formula = "lost"\n[metrics.exit]\nlabel = "exit"\nunit = "ns"\nbetter = "lower"\n'
    'formula = "exit_ns"\n'
)
IN_CHECK = "in the check case: "  # how a message about that case begins


def cell(way: str = "good", case: str = "headline") -> Cell:
    return Cell(Contestant("served", way), case)


def bench_of_servers(
    mark: str, load_command: tuple[str, ...], text: str = SERVED, timeout_s: float = 60
) -> Bench:
    """Return a bench on which the model of a cell is the way in which its server misbehaves."""
    return Bench(
        workloads={"served": workload(timeout_s, text, "served")},
        runner_of=lambda cell: runner(planted(cell.model, "serving"), {MARK: mark}),
        seed=1,
        load_command=load_command,
    )


def generator(way: str, mark: str) -> tuple[str, ...]:
    """Return the command of a planted load generator."""
    return ("/usr/bin/env", f"{MARK}={mark}", *planted(way, "asking"), "load")


def trial_of_server(bench: Bench, way: str = "good", case: str = "headline") -> Trial:
    before = threading.active_count()  # other tests may have left idle threads in a pool
    with patiently():
        done = bench.trial(cell(way, case), 0, 0)
    assert done is not None
    assert threading.active_count() == before
    return done
