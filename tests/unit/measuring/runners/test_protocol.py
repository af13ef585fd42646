"""The wire: the shared transcripts, the schema, the examples of the document, the digest."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measuring.runners import protocol
from harness.measuring.runners.transcript import Transcript
from harness.paths import ROOT
from runner import wire
from tests.support.factories import WORKLOAD, assignment, examples, who, workload

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSCRIPTS = ROOT / "tests" / "data" / "protocol"
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
KIND_TABLE = "\n".join(part.partition("\n\n")[0] for part in DOCUMENT.split("| kind |")[1:])
KINDS = {
    str(message.__struct_config__.tag): message
    for messages in (protocol.Message, protocol.ProbeMessage)
    for message in messages.__args__
}


class Line(NamedTuple):
    """A line of a transcript, and the error that is expected of it, if any."""

    number: int
    direction: str  # > to the runner, < from it
    text: str
    error: str


def lines(path: Path) -> Iterator[Line]:
    error = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        direction, _, text = line.partition(" ")
        if direction == "#":
            error = text.removeprefix("error: ") if text.startswith("error: ") else error
        else:
            yield Line(number, direction, text, error)
            error = ""


def transcripts(folder: str) -> list[Any]:
    paths = sorted((TRANSCRIPTS / folder).glob("*.jsonl"))
    return [pytest.param(list(lines(path)), id=path.stem) for path in paths]


def asked(transcript: list[Line]) -> Transcript:
    """Return a conversation about the cases of the one good request of a transcript."""
    (text,) = (line.text for line in transcript if is_request(line) and not line.error)
    request = msgspec.json.decode(text, type=protocol.Request)
    return Transcript(request.cases, turns=request.turns)


def is_request(line: Line) -> bool:
    return line.direction == ">" and '"kind"' not in line.text


def hear(said: Transcript, line: Line) -> None:
    """Pass a line to the transcript: a message of the runner, or a turn or the end of turns."""
    if line.direction == "<":
        said.receive(protocol.decode_message(line.text.encode()))
    elif not is_request(line):
        {"turn": said.give_turn, "end": said.end_turns}[json.loads(line.text)["kind"]]()


GOOD = transcripts("good")
MALFORMED = transcripts("malformed")
TRIALS = [one for one in GOOD if any(line.direction == ">" for line in one.values[0])]
VIOLATIONS = [
    one for one in MALFORMED if any(line.error for line in one.values[0] if line.direction == "<")
]
REFUSED = [
    pytest.param(line, id=f"{one.id}:{line.number}")
    for one in MALFORMED
    for line in one.values[0]
    if line.error and line.direction == ">"
]


@pytest.mark.parametrize("transcript", TRIALS)
def test_a_good_trial_is_accepted_to_its_end(transcript: list[Line]) -> None:
    said = asked(transcript)
    for line in transcript:
        hear(said, line)
    assert (said.finished is None) != (said.failed is None)


@pytest.mark.parametrize("transcript", GOOD)
def test_a_good_message_is_read_into_its_own_kind(transcript: list[Line]) -> None:
    for line in transcript:
        if line.direction == "<":
            message = protocol.decode_message(line.text.encode())
            assert type(message) is KINDS[json.loads(line.text)["kind"]]


@pytest.mark.parametrize("transcript", TRIALS)
def test_a_good_request_means_the_same_to_the_runner_as_to_the_harness(
    transcript: list[Line],
) -> None:
    for line in transcript:
        if is_request(line):
            theirs = wire.parse_request(line.text)
            ours = msgspec.json.decode(line.text, type=protocol.Request)
            assert theirs._replace(cases=[]) == (
                *(getattr(ours, name) for name in ("workload", "model", "variant", "seed")),
                [],
                ours.turns,
                ours.run_up_ns,
            )
            assert [tuple(case) for case in theirs.cases] == [
                msgspec.structs.astuple(case) for case in ours.cases
            ]


@pytest.mark.parametrize("transcript", VIOLATIONS)
def test_a_trial_is_refused_at_the_line_that_breaks_the_protocol(transcript: list[Line]) -> None:
    said = asked(transcript)
    for line in transcript:
        if not line.error:
            hear(said, line)
        elif line.direction == "<":
            with pytest.raises(protocol.ProtocolError) as caught:
                hear(said, line)
            assert line.error in str(caught.value)


@pytest.mark.parametrize("line", REFUSED)
def test_a_malformed_request_is_refused_by_the_runner(line: Line) -> None:
    with pytest.raises(wire.RequestError) as caught:
        wire.parse_request(line.text)
    assert line.error in str(caught.value)


def test_every_kind_occurs_in_a_good_transcript() -> None:
    found = {
        json.loads(line.text)["kind"]
        for one in GOOD
        for line in one.values[0]
        if line.direction == "<"
    }
    assert found == set(KINDS) - {"evidence", "observed"}  # of a probe


def test_several_outcomes_and_samples_of_a_case_are_kept_in_order() -> None:
    (transcript,) = (one.values[0] for one in TRIALS if one.id == "wrong_answer")
    said = asked(transcript)
    for line in transcript:
        hear(said, line)
    assert [outcome.value for outcome in said.outcomes["check"]] == ["20", "19"]
    assert [sample.iteration for sample in said.samples["check"]] == [0, 1, 2]


@pytest.mark.parametrize(
    "line",
    [
        b'{"kind": "error", "message": "\xff"}',
        b'{"kind": "error", "message": "\\ud800"}',
        b'{"kind": "finished", "more": ' + b"[" * 100_000,
        b'{"kind": "finished", "usage": {"peak_bytes": ' + b"9" * 5_000 + b"}}",
        b"\x00" * 64,
        b"",
    ],
    ids=["no UTF-8", "half a pair", "nested", "long number", "zeros", "empty"],
)
def test_whatever_a_runner_writes_is_a_message_or_a_protocol_error(line: bytes) -> None:
    with pytest.raises(protocol.ProtocolError):
        protocol.decode_message(line)


@pytest.mark.parametrize(
    "text",
    [b'{"language": "\xff"}', b'{"language": ' + b"[" * 100_000, b'{"more": ' + b"[" * 100_000],
    ids=["no UTF-8", "nested", "nested where nobody looks"],
)
def test_whatever_describe_prints_is_a_description_or_a_protocol_error(text: bytes) -> None:
    with pytest.raises(protocol.ProtocolError, match=r"^describe: "):
        protocol.decode_description(text)


@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
@examples(200)
def test_random_bytes_are_a_protocol_error(data: bytes) -> None:
    with pytest.raises(protocol.ProtocolError, match=r"^describe: "):
        protocol.decode_description(data)


def test_a_long_bad_line_is_quoted_in_part() -> None:
    with pytest.raises(protocol.ProtocolError) as caught:
        protocol.decode_message(b"x" * 10_000)
    assert len(str(caught.value)) < 300


# The request


def test_a_trial_does_the_check_case_first() -> None:
    request = protocol.create_request(
        who("trio", "streams"), assignment("trio", "headline").cases, 7
    )
    assert (request.workload, request.model, request.variant) == ("demo", "trio", "streams")
    assert [case.id for case in request.cases] == ["check", "headline"]
    assert request.cases[1] == protocol.RequestCase(
        "headline", {"tasks": 10, "wait_ns": 50_000_000}, 10, 1, 2, 20_000_000
    )


def test_a_trial_of_the_check_case_does_it_once() -> None:
    request = protocol.create_request(who("trio", ""), assignment("trio", "check").cases, 7)
    assert [case.id for case in request.cases] == ["check"]


def test_a_request_in_turns_has_a_run_up_unless_its_check_case_waits_for_long() -> None:
    def request(text: str, *, turns: bool) -> protocol.Request:
        cases = assignment("trio", "headline", of=workload(text)).cases
        return protocol.create_request(who("trio"), cases, 7, turns=turns)

    alone, in_turns = (request(WORKLOAD, turns=turns) for turns in (False, True))
    assert (alone.turns, alone.run_up_ns) == (False, 0)
    assert (in_turns.turns, in_turns.run_up_ns > 0) == (True, True)
    long = WORKLOAD.replace("tasks = 3, wait_ns = 5_000_000", "tasks = 3, wait_ns = 20_000_001")
    assert request(long, turns=True).run_up_ns == 0


@pytest.mark.parametrize(("table", "trio", "threads"), [("threads", 2, 100), ("all", 100, 100)])
def test_a_workload_may_give_models_a_longer_run_up(table: str, trio: int, threads: int) -> None:
    text = WORKLOAD.replace("[cases.check]", f"[run_up_ms]\n{table} = 100\n\n[cases.check]")
    for model, ms in (("trio", trio), ("threads", threads)):
        cases = assignment(model, "headline", of=workload(text)).cases
        request = protocol.create_request(who(model), cases, 7, turns=True)
        assert request.run_up_ns == ms * 1_000_000


def test_a_request_says_the_version_of_its_runner() -> None:
    cases = assignment("trio", "headline").cases
    request = protocol.create_request(who("trio"), cases, 7, protocol.ALONE_PROTOCOL)
    assert json.loads(protocol.encode_request(request))["protocol"] == 1


def test_a_request_is_one_line_that_the_runner_understands() -> None:
    request = protocol.create_request(who("trio", ""), assignment("trio", "headline").cases, 7)
    line = protocol.encode_request(request)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    understood = wire.parse_request(line)
    assert [case.id for case in understood.cases] == ["check", "headline"]
    assert understood.seed == 7


# The document and the schema


def example(beginning: str) -> str:
    """Return the one example of the document that begins with a text."""
    found = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    (one,) = (text for text in found if text.startswith(beginning))
    return one


def test_the_description_in_the_document_is_one() -> None:
    description = protocol.decode_description(example('{"protocol": 2, "language"').encode())
    assert description.language == "python"
    assert description.implementations[0].model == "trio"
    assert description.unavailable[0].reason == "uvloop is not installed"


def test_the_request_in_the_document_is_one() -> None:
    request = wire.parse_request(example('{"protocol": 2, "workload"'))
    assert [(case.id, case.operations) for case in request.cases] == [
        ("check", 6),
        ("headline", 4000),
    ]


def test_the_document_has_no_example_that_is_not_tested() -> None:
    assert len(re.findall(r"```json\n", DOCUMENT)) == 2


@pytest.mark.parametrize("version", [0, 3])
def test_a_description_of_another_version_is_refused_with_both_numbers(version: int) -> None:
    text = example('{"protocol": 2, "language"').replace('"protocol": 2', f'"protocol": {version}')
    with pytest.raises(
        protocol.ProtocolError, match=f"protocol {version}, this harness speaks 1 and 2"
    ):
        protocol.decode_description(text.encode())


def test_an_unknown_field_of_a_description_is_ignored() -> None:
    text = example('{"protocol": 2, "language"')
    more = text.replace('{"protocol"', '{"colour": "red", "protocol"')
    assert protocol.decode_description(more.encode()) == protocol.decode_description(text.encode())


def test_an_implementation_lists_its_other_files_or_leaves_them_out() -> None:
    text = example('{"protocol": 2, "language"')
    assert protocol.decode_description(text.encode()).implementations[0].files == ()
    more = text.replace('"variant": ""', '"variant": "", "files": ["a.py", "b/c.py"]')
    described = protocol.decode_description(more.encode())
    assert described.implementations[0].files == ("a.py", "b/c.py")


def test_the_schema_that_is_checked_in_is_that_of_the_code() -> None:
    found = (ROOT / "docs" / "protocol.schema.json").read_text(encoding="utf-8")
    assert found == protocol.schema_text(), "docs/protocol.schema.json: renew it with `make schema`"


def test_the_schema_and_the_document_describe_every_kind() -> None:
    definitions = protocol.schema()["$defs"].values()
    described = {
        kind
        for one in definitions
        for kind in one.get("properties", {}).get("kind", {}).get("enum", ())
    }
    rows = set(re.findall(r"^\| `(\w+)` \|", KIND_TABLE, re.MULTILINE))
    assert described == rows == set(KINDS)


def test_the_schema_names_every_field_that_is_in_the_document() -> None:
    properties = protocol.schema()["$defs"]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", KIND_TABLE, re.MULTILINE)
    for kind, fields in rows:
        named = set(re.findall(r"`(\w+)`", fields))
        assert named == set(properties[KINDS[kind].__name__]["properties"]) - {"kind"}, kind


# The digest

CANONICAL = [
    (20, "20"),
    (0, "0"),
    (-7, "-7"),
    (2**63, "9223372036854775808"),
    ("", '""'),
    ("a b", '"a b"'),
    ('"\\/', '"\\"\\\\/"'),
    ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
    ("\x00\x0b\x1f", '"\\u0000\\u000b\\u001f"'),
    ("~\x7f", '"~\\u007f"'),
    ("Zoë €", '"Zo\\u00eb \\u20ac"'),
    ("\u2028\uffff", '"\\u2028\\uffff"'),
    ("😀", '"\\ud83d\\ude00"'),
    ("\\u007f", '"\\\\u007f"'),
    ([], "[]"),
    ([3, "a", [-1]], '[3,"a",[-1]]'),
    ({}, "{}"),
    ({"b": 1, "": 4, "a": 2, "B": 3}, '{"":4,"B":3,"a":2,"b":1}'),
    ({"😀": 2, "\uffee": 1}, '{"\\uffee":1,"\\ud83d\\ude00":2}'),
    ({"\x7f": [{"z": 1, "y": "ü"}]}, '{"\\u007f":[{"y":"\\u00fc","z":1}]}'),
]
answers = st.recursive(
    st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("value", "text"), CANONICAL, ids=[text for _, text in CANONICAL])
def test_a_digest_is_that_of_the_canonical_text_on_both_sides(value: Any, text: str) -> None:
    expected = hashlib.sha256(text.encode("ascii")).hexdigest()
    assert protocol.digest(value) == expected
    assert wire.digest_answer(value) == (expected, text)


def test_the_digest_of_twenty_is_that_of_the_document() -> None:
    (stated,) = re.findall(r"The digest of `20` is\s+`([0-9a-f]{64})`", DOCUMENT)
    assert stated.startswith("f5ca38f7")
    assert protocol.digest(20) == stated


@given(answers)
@examples(150)
def test_both_sides_digest_any_answer_alike_and_in_printable_ascii(value: Any) -> None:
    text = wire.canonical_json(value)
    assert protocol.digest(value) == wire.digest_answer(value)[0]
    assert all(" " <= character <= "~" for character in text)
    assert json.loads(text) == value


@pytest.mark.parametrize("value", [1.5, True, None, [1, None], {"a": 1.0}, {1: 1}, b"a"])
def test_an_answer_that_does_not_travel_unchanged_has_no_digest(value: Any) -> None:
    with pytest.raises(TypeError, match=r"^answer: found"):
        wire.digest_answer(value)


def test_a_long_answer_is_shown_in_part_and_digested_whole() -> None:
    digest, shown = wire.digest_answer("x" * 1_000)
    assert len(shown) == 200
    assert digest == protocol.digest("x" * 1_000)
