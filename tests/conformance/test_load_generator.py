"""The load generator, from the other side of the wire: what Python makes of its records."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hdrh.histogram import HdrHistogram

from harness.measuring.runners.go_build import build_go, find_go
from harness.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def generator() -> Path:
    built, reason = build_go()
    if built is None:
        pytest.skip(reason)
    return built.load


@pytest.fixture
def port() -> Iterator[int]:
    """The port of an echo server."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def accept(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:  # the listener was closed: the test is over
            return
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def echo(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def load(
    generator: Path, port: int, *phases: dict[str, Any], connect_timeout_ns: int = 60 * SECOND
) -> tuple[int, list[dict[str, Any]]]:
    """Run the load generator; returns its exit code and its records."""
    request = {
        "protocol": 1,
        "application": "echo",
        "address": f"127.0.0.1:{port}",
        "connections": 4,
        "message_bytes": 1024,
        "seed": 7,
        "connect_timeout_ns": connect_timeout_ns,
        "answer_timeout_ns": 60 * SECOND,
        "phases": phases,
    }
    with subprocess.Popen(
        [generator], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()  # and it stays open, as a harness keeps it
        records = [json.loads(line) for line in process.stdout]
        return process.wait(), records


def test_a_load_is_reported_in_records(generator: Path, port: int) -> None:
    code, records = load(
        generator,
        port,
        {"loop": "closed", "requests": 25, "warmup": True},
        {"loop": "open", "rate_per_s": 1000, "duration_ns": SECOND // 10},
        {"loop": "ladder", "rate_per_s": 100, "factor_percent": 200, "duration_ns": SECOND // 10,
         "steps": 2},
    )  # fmt: skip
    assert code == 0
    kinds = [record["kind"] for record in records]
    assert kinds == ["started", "connected", "phase", "phase", "phase", "phase", "finished"]
    phases = records[2:-1]
    assert [(one["phase"], one["step"], one["rate_per_s"]) for one in phases] == [
        (0, 0, 0), (1, 0, 1000), (2, 0, 100), (2, 1, 200),
    ]  # fmt: skip
    assert [one["requests"] for one in phases] == [100, 100, 10, 20]
    assert all(one["errors"] == {} for one in phases)
    assert records[-1] == {"kind": "finished", "served": 4}


def test_distributions_are_read_with_as_many_values_as_there_were_answers(
    generator: Path, port: int
) -> None:
    _, records = load(
        generator,
        port,
        {"loop": "closed", "requests": 250},
        {"loop": "open", "rate_per_s": 2000, "duration_ns": SECOND // 4},
    )
    closed, is_open = (record for record in records if record["kind"] == "phase")
    assert "service_hdr" not in closed
    for text, count in (
        (closed["hdr"], 1000),
        (is_open["hdr"], 500),
        (is_open["service_hdr"], 500),
    ):
        histogram = HdrHistogram.decode(text)
        assert histogram.get_total_count() == count
        assert histogram.significant_figures == 3
        assert 0 < histogram.get_min_value() <= histogram.get_max_value() <= 20 * SECOND
    assert HdrHistogram.decode(is_open["late_hdr"]).get_total_count() <= 500  # on free connections
    # Latency counts from sending or from before, and so is never less than from sending.
    assert (
        HdrHistogram.decode(is_open["hdr"]).get_max_value()
        >= HdrHistogram.decode(is_open["service_hdr"]).get_max_value()
    )


PERCENTILES = (0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0)


def test_python_finds_the_percentiles_that_go_finds() -> None:
    go, reason = find_go(ROOT / "go" / "go.mod")
    if go is None:
        pytest.skip(reason)
    done = subprocess.run(
        [go, "test", "-vet=off", "-count=1", "-v", "-run", "^TestPercentilesForOtherLanguages$",
         "./internal/load"],
        cwd=ROOT / "go", capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("percentiles: ")]
    assert len(lines) == 1, done.stdout
    told = json.loads(lines[0].removeprefix("percentiles: "))
    histogram = HdrHistogram.decode(told["hdr"])
    assert histogram.get_total_count() == told["count"]
    found = {str(p): histogram.get_value_at_percentile(p) for p in map(float, told["values"])}
    assert found == {str(float(p)): value for p, value in told["values"].items()}
    assert len(found) == len(PERCENTILES)


def test_an_unreachable_server_is_one_clear_error(generator: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    phase = {"loop": "closed", "requests": 1}
    code, records = load(generator, nobody, phase, connect_timeout_ns=SECOND // 2)
    assert code == 2
    assert records[-1] == {
        "kind": "error",
        "message": f"connect: 127.0.0.1:{nobody}: found connection refused after 500ms with 0 open,"
        " expected 4 connections",
        "reason": "refused",
    }
