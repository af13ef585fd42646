"""runner.transport and runner.lifetime: the reports of a probe, and how a server stops."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram

from runner import footprint, session, wire
from runner.transport import HarnessTransport, move_to
from runner.work import Probe, Unsupported

if TYPE_CHECKING:
    from tests.unit.python_runner.sessions import Kind


def test_any_message_but_stop_is_refused() -> None:
    read, write = os.pipe()
    os.write(write, b'{"kind": "go"}\n')
    with pytest.raises(ValueError, match="expected a line of kind stop"):
        HarnessTransport(lambda _: None, read, None).wait_until_stopped()
    os.close(read)
    os.close(write)


def test_a_runner_takes_its_turns_until_the_end() -> None:
    records: list[dict[str, Any]] = []
    read, write = os.pipe()
    transport = HarnessTransport(records.append, read, None)
    transport.case = "headline"
    before = signal.getsignal(signal.SIGIO)
    try:
        transport.ready()
    finally:
        signal.signal(signal.SIGIO, before)
    assert records == [{"kind": "ready", "case": "headline"}]
    for line, has_turn in (
        (b'{"kind": "turn"}\n', True),
        (b'{"kind": "turn", "processor": 0}\n', True),
        (b'{"kind": "end"}\n', False),
    ):
        os.write(write, line)
        assert transport.wait_for_turn() is has_turn
    os.write(write, b'{"kind": "stop"}\n')
    with pytest.raises(ValueError, match="expected a line of kind turn or end"):
        transport.wait_for_turn()
    os.close(read)
    os.close(write)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system cannot move threads")
def test_a_thread_that_moves_to_a_processor_is_free_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    masks: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3})
    monkeypatch.setattr(os, "sched_setaffinity", lambda _, mask: masks.append(mask))
    move_to(3)
    move_to(2)  # not allowed
    assert masks == [{3}, {0, 3}]


def test_latencies_are_a_histogram_per_case_without_those_of_the_warm_up(kind: Kind) -> None:
    def run(params: Any, probe: Probe) -> int:
        probe.latency(5_000_000)
        probe.latency(1_000_000_000)
        return 0

    case = wire.Case("headline", {}, 1, warmup=3, iterations=2, min_sample_ns=0)
    records = kind.run(kind.module(run), case)
    assert [record["kind"] for record in records] == ["sample"] * 5 + ["latency", "outcome"]
    histogram = HdrHistogram.decode(records[5]["hdr"])
    assert histogram.get_total_count() == 4
    assert histogram.get_value_at_percentile(50) == pytest.approx(5_000_000, rel=0.001)
    assert histogram.get_max_value() == pytest.approx(1e9, rel=0.001)


def test_memory_is_measured_when_parked_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"bytes": 1_000, "virtual_bytes": 9_000, "kernel_bytes": 20}
    monkeypatch.setattr(footprint, "held_bytes", lambda: held)

    def run(params: Any, probe: Probe) -> int:
        assert probe.parked(10) == 1_020, "with what the kernel holds for the process"
        return 0

    records: list[dict[str, Any]] = []
    transport = HarnessTransport(records.append, -1, None)
    request = wire.Request("planted", "any", "", 0, [wire.Case("check", {}, 1, 0, 1, 0)])
    session.run_sync(request, SimpleNamespace(run=run), records.append, transport)
    assert records[0] == {
        "kind": "footprint",
        "case": "check",
        "tasks": 10,
        **held,
    }


def test_pss_is_less_than_the_virtual_size() -> None:
    try:
        held = footprint.held_bytes()
    except Unsupported:
        pytest.skip("this system does not report PSS")
    assert 2**20 < (held["bytes"] or 0) < (held["virtual_bytes"] or 0)


def test_a_case_that_raises_unsupported_has_that_reason(kind: Kind) -> None:
    def run(params: Any, probe: Probe) -> int:
        raise Unsupported("no such socket option")

    (record,) = kind.run(kind.module(run), wire.Case("check", {}, 1, 0, 1, 0))
    assert (record["reason"], record["case"]) == ("unsupported", "check")


def test_a_probe_without_a_transport_sends_nothing() -> None:
    probe = Probe()
    assert probe.parked(3) == 0
    probe.listening(1)
    probe.wait_until_stopped()
    probe.latency(4)
    assert probe.latencies_ns == [4]
