"""Waits, points and listening: what of them is taken in, at which moment, and what is refused."""

from __future__ import annotations

import pytest

from harness.catalog.workload import HEADLINE
from harness.measuring import judge_trial
from harness.measuring.runners.protocol import (
    Failed,
    Finished,
    Footprint,
    Latency,
    Listening,
    Message,
    Outcome,
    ProtocolError,
    RequestCase,
    SampleTaken,
    Started,
    digest,
)
from harness.measuring.runners.transcript import Transcript
from harness.measuring.validity import Bounds
from harness.results.records import Status
from tests.support.factories import (
    WORKLOAD,
    assignment,
    conversation,
    ended,
    good_messages,
    workload,
)
from tests.support.histograms import encoded

CASES = [RequestCase(id_, {}, 1, 0, 1, 0) for id_ in ("check", "headline")]


def sample(case: str, iteration: int = 0) -> SampleTaken:
    return SampleTaken(case, iteration, 1, 1)


def outcome(case: str) -> Outcome:
    return Outcome(case, digest(0))


def heard(*messages: Message, serves: bool = False) -> Transcript:
    it = Transcript(CASES, serves=serves)
    for one in (Started(1), *messages):
        it.receive(one)
    return it


def refused(*messages: Message, serves: bool = False) -> str:
    """Return what is said of the last of these."""
    it = heard(*messages[:-1], serves=serves)
    with pytest.raises(ProtocolError) as caught:
        it.receive(messages[-1])
    return str(caught.value)


def test_latencies_and_footprints_come_after_the_samples_and_before_the_outcome() -> None:
    it = heard(
        sample("check"), Latency("check", "A"), outcome("check"),
        Footprint("headline", 1, 10), sample("headline"), Footprint("headline", 2, 20, 30),
        Latency("headline", "B"), outcome("headline"), Finished(),
    )  # fmt: skip
    assert {case: each.hdr for case, each in it.latencies.items()} == {
        "check": "A",
        "headline": "B",
    }
    assert it.footprints["headline"] == [
        Footprint("headline", 1, 10),
        Footprint("headline", 2, 20, 30),
    ]
    assert it.finished is not None


CHECK_DONE = (sample("check"), outcome("check"))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([Latency("other", "")], "latency of case 'other', which was not requested"),
        ([Latency("headline", "")], "latency of case 'headline' out of order"),
        ([*CHECK_DONE, Latency("check", "")], "latency of case 'check' after its outcome"),
        (
            [*CHECK_DONE, sample("headline"), Latency("check", "")],
            "latency of case 'check' out of order",
        ),
        (
            [sample("check"), Latency("check", ""), Latency("check", "")],
            "second latency of case 'check'",
        ),
        (
            [sample("check"), Latency("check", ""), sample("check", 1)],
            "sample of case 'check' after its latency",
        ),
        ([Failed("no", "check"), Latency("check", "")], "latency of case 'check' out of order"),
        ([*CHECK_DONE, Footprint("check", 1, 1)], "footprint of case 'check' after its outcome"),
        (
            [Footprint("check", -1, 1)],
            "footprint of case 'check': tasks -1, bytes 1, virtual_bytes None and kernel_bytes"
            " None, expected at least 0",
        ),
        (
            [Footprint("check", 1, 1, -1)],
            "footprint of case 'check': tasks 1, bytes 1, virtual_bytes -1 and kernel_bytes None,"
            " expected at least 0",
        ),
        ([Listening(5)], "listening is not expected in this trial"),
    ],
)
def test_a_message_out_of_order_is_refused(messages: list[Message], said: str) -> None:
    assert refused(*messages) == said


def test_a_server_listens_once_a_case() -> None:
    it = heard(
        Listening(1), *CHECK_DONE, Listening(65_535), sample("headline"), outcome("headline"),
        Finished(), serves=True,
    )  # fmt: skip
    assert it.finished is not None


def test_the_listening_case_is_the_first_incomplete_one() -> None:
    it = heard(Listening(1), serves=True)
    assert it.current_case == "check"
    it.receive(Failed("port taken", "check"))
    assert it.current_case == "headline"
    it.receive(Listening(2))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([Listening(0)], "listening: port 0, expected 1 to 65535"),
        ([Listening(-1)], "listening: port -1, expected 1 to 65535"),
        ([Listening(65_536)], "listening: port 65536, expected 1 to 65535"),
        ([Listening(5), Listening(5)], "listening, but no case is about to be served"),
        ([sample("check"), Listening(5)], "listening, but no case is about to be served"),
        (
            [*CHECK_DONE, Failed("no", "headline"), Listening(5)],
            "listening, but no case is about to be served",
        ),
    ],
)
def test_listening_out_of_order_is_refused(messages: list[Message], said: str) -> None:
    assert refused(*messages, serves=True) == said


# --- what a shape must have said at the end


def judged(shape: str, *more: Message) -> tuple[Status, str]:
    """Return the verdict on a good trial that has said this more of each case."""
    text = WORKLOAD.replace('"makespan"', f'"{shape}"')
    demo = workload(text)
    said = conversation(
        demo,
        wrong={
            id_: [*(messages := good_messages(demo, id_))[:-1], *of_case(id_, more), messages[-1]]
            for id_ in ("check", HEADLINE)
        },
    )
    verdict = judge_trial.judge(assignment(of=demo).cases, said, ended(), "", Bounds(cores=2))
    return verdict.status, verdict.message


def of_case(case: str, messages: tuple[Message, ...]) -> list[Message]:
    found: list[Message] = []
    for one in messages:
        if isinstance(one, Latency):
            hdr = RIGHT[case] if one.hdr == "right" else one.hdr
            found.append(Latency(case, hdr, one.early_hdr))
        elif isinstance(one, Footprint):
            found.append(Footprint(case, one.tasks, one.bytes))
    return found


# One latency for each operation after warm-up.
RIGHT = {"check": encoded(*[5] * 3), HEADLINE: encoded(*[5] * 20)}
BROKEN = "broke the protocol: case 'check': "


@pytest.mark.parametrize(
    ("shape", "more", "message"),
    [
        ("latency", [Latency("", "right")], ""),
        ("latency", [], BROKEN + "latency: found none, expected one"),
        ("latency", [Latency("", "")], BROKEN + "latency: not an HdrHistogram: "),
        ("latency", [Latency("", encoded(5)[:30])], BROKEN + "latency: not an HdrHistogram: "),
        ("latency", [Latency("", encoded(5), "no")], BROKEN + "latency: not an HdrHistogram: "),
        ("latency", [Latency("", "right", encoded(5))], ""),
        ("makespan", [Latency("", "hello")], BROKEN + "latency: not an HdrHistogram: "),
        ("footprint", [Footprint("", 1, 1), Footprint("", 2, 2)], ""),
        (
            "footprint",
            [Footprint("", 2, 1), Footprint("", 2, 2)],
            BROKEN + "footprint: found 1 numbers of tasks, expected at least 2",
        ),
        (
            "footprint",
            [],
            BROKEN + "footprint: found 0 numbers of tasks, expected at least 2",
        ),
        ("makespan", [], ""),
    ],
)
def test_a_trial_without_the_results_of_its_shape_broke_the_protocol(
    shape: str, more: list[Message], message: str
) -> None:
    status, found = judged(shape, *more)
    assert status is (Status.CRASH if message else Status.OK)
    assert found.startswith(message)
    assert bool(found) == bool(message)
