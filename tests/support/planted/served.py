"""The workload files of planted servers. Their times are short: what hangs here hangs for good."""

from __future__ import annotations

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
connect_timeout_ms = 300
answer_timeout_ms = 150
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
DRAINED = (
    SERVED[: SERVED.index("warmup")].replace("rate_ms = 40", "drains = true\nrate_ms = 40")
    + 'rate_per_s = 400\n[metrics.lost]\nlabel = "lost"\nunit = "requests"\nbetter = "lower"\n'
    'formula = "lost"\n[metrics.exit]\nlabel = "exit"\nunit = "ns"\nbetter = "lower"\n'
    'formula = "exit_ns"\n'
)
