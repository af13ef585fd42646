"""Workload files of the shapes that are not one time a process."""

from __future__ import annotations

from tests.support.planted.served import SERVED

LADDER = """
[cases.ladder]
params = { connections = 4, message_bytes = 64 }
warmup = 2
min_sample_ms = 20
ladder = true
"""
CLIMBED = SERVED.replace("[metrics.throughput]", LADDER + "[metrics.throughput]", 1).replace(
    "check_requests", "ladder_from = 100\nladder_percent = 140\nladder_steps = 9\ncheck_requests"
)
TICKING = """\
title = "Ticking"
question = "How late?"
shape = "latency"
rules = ["Tick."]

[params.ticks]
unit = "ticks"
min = 2
max = 100
meaning = "how many"

[params.on]
choices = ["loop", "thread", "process"]
meaning = "where"

[work]
operations = "ticks"

[oracle]
value = "ticks"

[cases.check]
params = { ticks = 5, on = "loop" }
expect = 5

[cases.headline]
params = { ticks = 20, on = "loop" }

[cases.aside]
params = { ticks = 50, on = "thread" }
thorough = true

[cases.longer]
params = { ticks = 70, on = "loop" }

[sweep]
param = "ticks"
values = [10, 20, 40]

[metrics.p99]
label = "late"
unit = "ns"
better = "lower"
formula = "p99_ns"

[[exclusions]]
model = "go"
param = "on"
values = ["thread", "process"]
reason = "it has no loop"

[[limits]]
model = "threads"
param = "ticks"
most = 30
clamps = true
reason = "it is the same with fewer"

[[limits]]
model = "threads"
param = "ticks"
most = 25
clamps = true
reason = "it is the same with even fewer"

[[limits]]
model = "trio"
param = "ticks"
most = 40
reason = "it stops"
"""
