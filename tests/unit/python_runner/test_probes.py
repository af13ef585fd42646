"""The runner's side of behaviours: probes are found by file name, and run on their model."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner import probes, wire
from runner.probes import Request


@pytest.fixture
def restored_sigint() -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def run(question: str, model: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    probes.run(Request(question, model), records.append)
    return records


def test_every_probe_is_described_under_every_model_of_its_base() -> None:
    described = probes.describe_all()
    models = {one["model"] for one in described if one["question"] == "siblings"}
    assert {"asyncio", "asyncio-eager", "uvloop", "trio", "threads"} <= models
    assert all(Path(one["source"]).name.startswith("on_") for one in described)


def test_an_unknown_base_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "behaviours" / "siblings" / "on_curio.py"
    source.parent.mkdir(parents=True)
    source.write_text("")
    monkeypatch.setattr(probes, "BEHAVIOURS", tmp_path / "behaviours")
    monkeypatch.setattr("runner.implementations.ROOT", tmp_path / "python")
    with pytest.raises(ValueError, match="found base 'curio'"):
        list(probes.find())


@pytest.mark.usefixtures("restored_sigint")
def test_a_coroutine_function_runs_in_the_loop_of_its_model() -> None:
    *evidence, last = run("lazy", "trio")
    assert last == {"kind": "observed", "word": "nothing"}
    assert [record["kind"] for record in evidence] == ["evidence", "evidence"]


@pytest.mark.usefixtures("restored_sigint")
def test_a_plain_function_may_boot_the_loop_and_report_the_word_itself() -> None:
    words = [record["word"] for record in run("orphans", "asyncio") if "word" in record]
    assert words == ["abandoned", "cancelled"]


def request(**changes: object) -> str:
    return json.dumps(
        {"protocol": wire.PROTOCOL, "question": "lazy", "model": "trio", "more": 1, **changes}
    )


def test_a_request_is_read_and_unknown_fields_are_ignored() -> None:
    assert probes.parse_request(request()) == Request("lazy", "trio")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("nonsense", "expected a JSON object"),
        ("[]", "expected a JSON object"),
        (request(protocol=1), "protocol: found 1, expected 2"),
        (request(question=3), "question: expected a string"),
        (request(model=None), "model: expected a string"),
    ],
)
def test_a_wrong_request_is_refused(line: str, complaint: str) -> None:
    with pytest.raises(wire.RequestError, match=re.escape(complaint)):
        probes.parse_request(line)


@pytest.mark.parametrize(
    ("question", "model", "complaint"),
    [
        ("lazy", "curio", "no model 'curio'"),
        ("nothing", "trio", "no probe nothing for trio"),
        ("lazy", "threads", "no probe lazy for threads"),
    ],
)
def test_what_there_is_not_is_refused(question: str, model: str, complaint: str) -> None:
    with pytest.raises(wire.Refused, match=re.escape(complaint)):
        probes.load(Request(question, model))
