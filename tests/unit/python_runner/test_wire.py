"""runner.wire: checks of requests, the JSON text of answers, and the pipes of the protocol."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from runner import wire
from tests.support.planted.bench import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE = {
    "id": "check",
    "params": {"rounds": 3, "name": "x"},
    "operations": 6,
    "warmup": 0,
    "iterations": 1,
    "min_sample_ns": 0,
}
REQUEST = {"protocol": 2, "workload": "pingpong", "model": "trio", "seed": 7, "cases": [CASE]}


def parse(**changes: Any) -> wire.Request:
    return wire.parse_request(json.dumps({**REQUEST, **changes}))


def parse_case(**changes: Any) -> wire.Case:
    return parse(cases=[{**CASE, **changes}]).cases[0]


def without(table: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name != key}


def test_a_request_is_parsed() -> None:
    assert parse(variant="futures") == wire.Request(
        "pingpong", "trio", "futures", 7, [wire.Case("check", CASE["params"], 6, 0, 1, 0)]
    )


def test_variant_and_seed_are_optional() -> None:
    request = wire.parse_request(json.dumps(without(REQUEST, "seed")))
    assert (request.variant, request.seed) == ("", 0)


def test_turns_and_run_up_are_optional() -> None:
    assert (parse().turns, parse().run_up_ns) == (False, 0)
    in_turns = parse(turns=True, run_up_ns=5)
    assert (in_turns.turns, in_turns.run_up_ns) == (True, 5)


def test_unknown_fields_are_ignored() -> None:
    assert parse(trace=True) == parse()
    assert parse_case(colour="red") == parse_case()


def test_a_request_may_be_bytes() -> None:
    assert wire.parse_request(json.dumps(REQUEST).encode() + b"\n") == parse()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"protocol": 1}, "request: protocol: found 1, expected 2"),
        ({"protocol": "2"}, 'request: protocol: found "2", expected 2'),
        ({"workload": 3}, "request: workload: found 3, expected a string"),
        ({"model": None}, "request: model: found null, expected a string"),
        ({"variant": []}, "request: variant: found [], expected a string"),
        ({"seed": -1}, "request: seed: found -1, expected an integer of at least 0"),
        ({"seed": 1.5}, "request: seed: found 1.5, expected an integer of at least 0"),
        ({"turns": 1}, "request: turns: found 1, expected true or false"),
        ({"turns": None}, "request: turns: found null, expected true or false"),
        ({"run_up_ns": -1}, "request: run_up_ns: found -1, expected an integer of at least 0"),
        ({"run_up_ns": 1.5}, "request: run_up_ns: found 1.5, expected an integer of at least 0"),
        ({"cases": []}, "request: cases: found [], expected at least one case"),
        ({"cases": "check"}, 'request: cases: found "check", expected at least one case'),
        ({"cases": [3]}, "request: cases[0]: found 3, expected a case"),
        (
            {"cases": [CASE, CASE]},
            'request: cases[1].id: found "check" again, expected each id once',
        ),
    ],
)
def test_the_error_for_a_bad_value_says_what_was_expected(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(wire.RequestError) as refused:
        parse(**changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"id": 1}, "id: found 1"),
        ({"params": []}, "params: found []"),
        ({"params": {"n": 1.5}}, "params.n: found 1.5"),
        ({"params": {"n": True}}, "params.n: found true"),
        ({"operations": 0}, "operations: found 0"),
        ({"operations": True}, "operations: found true"),
        ({"warmup": -1}, "warmup: found -1"),
        ({"iterations": 0}, "iterations: found 0"),
        ({"min_sample_ns": "0"}, 'min_sample_ns: found "0"'),
    ],
)
def test_the_error_for_a_bad_value_in_a_case_names_its_key(
    changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(wire.RequestError, match=r"^request: cases\[0\]\.") as refused:
        parse_case(**changes)
    assert key in str(refused.value)


@pytest.mark.parametrize("key", ["protocol", "workload", "model", "cases"])
def test_the_error_for_a_missing_key_names_it(key: str) -> None:
    with pytest.raises(wire.RequestError, match=f"^request: {key}: found nothing, expected "):
        wire.parse_request(json.dumps(without(REQUEST, key)))


@pytest.mark.parametrize("key", list(CASE))
def test_the_error_for_a_missing_key_of_a_case_names_it(key: str) -> None:
    with pytest.raises(wire.RequestError, match=rf"^request: cases\[0\]\.{key}: found nothing"):
        parse(cases=[without(CASE, key)])


@pytest.mark.parametrize(
    "line", ["", "\n", "[1]", "hello", '{"protocol": 1', b"\xff\xfe", "1" * 5000, "[" * 100_000]
)
def test_anything_but_a_json_object_is_refused(line: str | bytes) -> None:
    with pytest.raises(wire.RequestError, match="not a JSON object: found "):
        wire.parse_request(line)


def test_a_long_wrong_value_is_cut_in_the_message() -> None:
    with pytest.raises(wire.RequestError) as refused:
        parse(model=["x" * 10_000])
    assert len(str(refused.value)) < 200


# --- answers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20, "20"),
        (-(2**70), str(-(2**70))),
        ("", '""'),
        ({"b": 1, "a": [1, "x"]}, '{"a":[1,"x"],"b":1}'),
        ((1, 2), "[1,2]"),
        ('"\\/', r'"\"\\/"'),
        ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
        ("\0\x1f\x7f", r'"\u0000\u001f\u007f"'),
        ("é☃😀", r'"\u00e9\u2603\ud83d\ude00"'),
        ({"\uffff": 1, "\U00010000": 2}, r'{"\uffff":1,"\ud800\udc00":2}'),
    ],
)
def test_the_json_text_of_an_answer_is_canonical(value: Any, text: str) -> None:
    assert wire.canonical_json(value) == text


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1.0, "float"),
        (True, "bool"),
        (None, "NoneType"),
        (b"x", "bytes"),
        ([1, {"a": [2.5]}], "float"),
        ({1: 2}, "a key of type int"),
        ({1, 2}, "set"),
        (object(), "object"),
    ],
)
def test_an_answer_that_json_would_change_is_refused(value: Any, found: str) -> None:
    with pytest.raises(TypeError, match=f"^answer: found {found}, expected "):
        wire.canonical_json(value)


def test_the_digest_equals_the_one_in_the_protocol_document() -> None:
    digest, text = wire.digest_answer(20)
    assert digest == "f5ca38f748a1d6eaf726b8a42fb575c3c71f1864a8143301782de13da2d9202b"
    assert digest in (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    assert text == "20"


def test_a_long_text_is_cut_and_its_digest_covers_all_of_it() -> None:
    digest, text = wire.digest_answer("x" * 1000)
    assert len(text) == 200
    assert digest == hashlib.sha256(b'"' + b"x" * 1000 + b'"').hexdigest()


# --- pipes


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_the_request_line_may_arrive_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = iter([b'{"a"', b": 1", b"}\n"])
    monkeypatch.setattr(wire.os, "read", lambda descriptor, most: next(parts))
    assert wire.read_line(0) == b'{"a": 1}\n'


def test_nothing_after_the_request_line_is_read(pipe: tuple[int, int]) -> None:
    readable, writable = pipe
    os.write(writable, b'{"a": 1}\n{"kind": "stop"}\n')
    assert wire.read_line(readable) == b'{"a": 1}\n'
    assert os.read(readable, 100) == b'{"kind": "stop"}\n'


def test_a_line_without_an_end_is_returned_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = iter([b'{"a"', b""])
    monkeypatch.setattr(wire.os, "read", lambda descriptor, most: next(parts))
    assert wire.read_line(0) == b'{"a"'


TAKE_STDIO = """
import os, subprocess, sys
from runner import wire

private_in, emit = wire.take_stdio()
print("printed", flush=True)
subprocess.run(["echo", "printed by a child"])
emit({"read": sys.stdin.read(), "line": wire.read_line(private_in).decode()})
emit({"inherited": [os.get_inheritable(fd) for fd in (private_in, private_in + 1)]})
"""


def test_printed_text_goes_to_standard_error_and_standard_input_is_empty() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", TAKE_STDIO],
        env={**os.environ, "PYTHONPATH": str(ROOT / "python")},
        input=b"request\n",
        capture_output=True,
        check=True,
        timeout=300,
    )
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"read": "", "line": "request\n"},
        {"inherited": [False, False]},
    ]
    assert done.stderr == b"printed\nprinted by a child\n"


def test_a_record_is_written_completely_if_the_pipe_takes_it_in_parts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = bytearray()

    def write_part(descriptor: int, data: bytes) -> int:
        written.extend(data[:7])
        return len(data[:7])

    for name in ("dup2", "close"):
        monkeypatch.setattr(wire.os, name, lambda *_: None)
    monkeypatch.setattr(wire.os, "dup", lambda descriptor: descriptor)
    monkeypatch.setattr(wire.os, "open", lambda *_: 0)
    monkeypatch.setattr(wire.os, "write", write_part)
    _, emit = wire.take_stdio()
    emit({"kind": "sample", "case": "check", "value": "☃"})
    monkeypatch.undo()
    assert json.loads(written) == {"kind": "sample", "case": "check", "value": "☃"}
    assert written.endswith(b"\n")
