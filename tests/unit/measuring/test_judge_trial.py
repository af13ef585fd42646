"""What a trial is worth: each status from what was said and how the process ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.catalog.workload import CHECK, HEADLINE
from harness.measuring import judge_trial
from harness.measuring.runners.protocol import Failed, Outcome, Started, digest
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

if TYPE_CHECKING:
    from harness.catalog.workload import Workload
    from harness.measuring.processes.child import ChildResult
    from harness.measuring.runners.protocol import Message

DEMO = workload()
MS = 1_000_000


def judge(
    said: Transcript,
    how: ChildResult | None = None,
    *,
    case: str = HEADLINE,
    model: str = "asyncio",
    violation: str = "",
    of: Workload = DEMO,
) -> tuple[Status, str]:
    cases = assignment(model, case, of).cases
    verdict = judge_trial.judge(cases, said, how or ended(), violation, Bounds(cores=2))
    return verdict.status, verdict.message


def warnings_of(how: ChildResult) -> tuple[str, ...]:
    cases = assignment("asyncio", HEADLINE).cases
    return judge_trial.judge(cases, conversation(DEMO), how, "", Bounds(cores=2)).warnings


def of_headline(**wrong: object) -> Transcript:
    """Return a trial that is good but for its headline case."""
    return conversation(DEMO, wrong={HEADLINE: good_messages(DEMO, HEADLINE, **wrong)})


def of_check(**wrong: object) -> Transcript:
    """Return a trial that is good but for its check case."""
    return conversation(DEMO, wrong={CHECK: good_messages(DEMO, CHECK, **wrong)})


@pytest.mark.parametrize("case", [HEADLINE, CHECK])
def test_a_trial_with_the_right_answer_is_ok(case: str) -> None:
    assert judge(conversation(DEMO, case), case=case) == (Status.OK, "")


def test_a_timeout_names_its_limit() -> None:
    said = conversation(DEMO, finished=False)
    assert judge(said, ended(-9, "timeout")) == (Status.TIMEOUT, "not finished after 40 s")


def test_a_timeout_after_finished_says_that_the_process_did_not_end() -> None:
    assert judge(conversation(DEMO), ended(-9, "timeout")) == (
        Status.TIMEOUT,
        "said that it had finished, but had not ended after 40 s",
    )


def test_a_failure_that_was_reported_comes_before_the_timeout_that_follows_from_it() -> None:
    said = Transcript([])
    said.receive(Failed("no PSS here", None, "unsupported"))
    assert judge(said, ended(-9, "timeout")) == (
        Status.UNSUPPORTED,
        "no PSS here; it had not ended after 40 s",
    )


def test_a_trial_stopped_at_the_memory_limit_is_out_of_memory() -> None:
    said = conversation(DEMO, finished=False)
    status, message = judge(said, ended(-9, "memory"))
    assert status is Status.OUT_OF_MEMORY
    assert "memory" in message


def test_a_trial_that_broke_the_protocol_has_crashed_even_if_it_finished() -> None:
    assert judge(conversation(DEMO), violation="sample before started") == (
        Status.CRASH,
        "broke the protocol: sample before started",
    )


REASONS = [
    ("crash", Status.CRASH),
    ("out_of_memory", Status.OUT_OF_MEMORY),
    ("unsupported", Status.UNSUPPORTED),
    ("boredom", Status.CRASH),
]


@pytest.mark.parametrize(("reason", "status"), REASONS)
def test_a_trial_that_failed_as_a_whole_has_the_status_of_its_reason(
    reason: str, status: Status
) -> None:
    said = Transcript([])
    said.receive(Failed("no such model", None, reason))
    assert judge(said, ended(2)) == (status, "no such model")


@pytest.mark.parametrize(("reason", "status"), REASONS)
def test_a_case_that_failed_has_the_status_of_its_reason(reason: str, status: Status) -> None:
    said = conversation(DEMO, wrong={HEADLINE: [Failed("it hurts", HEADLINE, reason)]})
    assert judge(said) == (status, "it hurts")


def test_a_failure_in_the_check_case_says_so() -> None:
    said = conversation(DEMO, wrong={CHECK: [Failed("it hurts", CHECK)]})
    assert judge(said) == (Status.CRASH, "in the check case: it hurts")


@pytest.mark.parametrize(
    ("returncode", "how"),
    [
        (0, "ended with exit code 0"),
        (1, "ended with exit code 1"),
        (-11, "ended by signal 11"),
        (-9, "ended by signal 9 (often because the system is out of memory)"),
    ],
)
def test_an_early_end_is_described(returncode: int, how: str) -> None:
    nothing_said, begun = Transcript([]), Transcript([])
    begun.receive(Started(1))
    assert judge(nothing_said, ended(returncode)) == (
        Status.CRASH,
        f"{how} before it had started",
    )
    assert judge(begun, ended(returncode)) == (Status.CRASH, f"{how} before it had finished")


@pytest.mark.parametrize(
    ("returncode", "how"), [(1, "ended with exit code 1"), (-6, "ended by signal 6")]
)
def test_a_trial_that_fails_after_finished_has_crashed(returncode: int, how: str) -> None:
    assert judge(conversation(DEMO), ended(returncode)) == (Status.CRASH, how)


def test_a_wrong_answer_is_shown_with_the_expected_one() -> None:
    assert judge(of_headline(answer=19)) == (Status.WRONG_ANSWER, "found 19, expected 20")


def test_a_wrong_answer_in_the_check_case_says_so() -> None:
    assert judge(of_check(answer=5)) == (
        Status.WRONG_ANSWER,
        "in the check case: found 5, expected 6",
    )


def test_a_wrong_answer_without_text_is_shown_by_its_digest() -> None:
    messages: list[Message] = [*good_messages(DEMO, HEADLINE)[:-1], Outcome(HEADLINE, "f00")]
    said = conversation(DEMO, wrong={HEADLINE: messages})
    assert judge(said) == (Status.WRONG_ANSWER, "found f00, expected 20")


def test_the_digest_of_an_answer_decides_and_not_its_text() -> None:
    messages: list[Message] = [
        *good_messages(DEMO, HEADLINE)[:-1],
        Outcome(HEADLINE, digest(21), "20", {"in_flight": 3}),
    ]
    assert judge(conversation(DEMO, wrong={HEADLINE: messages})) == (
        Status.WRONG_ANSWER,
        f"the value 20 is right and its digest is not: found '{digest(21)[:12]}…', expected"
        f" '{digest(20)[:12]}…'; see The digest in docs/protocol.md",
    )


def test_one_wrong_answer_among_right_ones_is_found() -> None:
    messages: list[Message] = [
        *good_messages(DEMO, HEADLINE),
        Outcome(HEADLINE, digest(19), "19", {"in_flight": 3}),
    ]
    assert judge(conversation(DEMO, wrong={HEADLINE: messages})) == (
        Status.WRONG_ANSWER,
        "found 19, expected 20",
    )


@pytest.mark.parametrize(
    ("observed", "found"), [({"in_flight": 2}, "2"), ({}, "nothing"), ({"other": 3}, "nothing")]
)
def test_observations_must_equal_those_of_the_workload_file(
    observed: dict[str, int], found: str
) -> None:
    assert judge(of_headline(observed=observed)) == (
        Status.WRONG_ANSWER,
        f"in_flight: found {found}, expected 3",
    )


@pytest.mark.parametrize(
    ("seen", "status", "message"),
    [
        (10, Status.OK, ""),
        (11, Status.OK, ""),
        (9, Status.UNSETTLED, "in_flight: found 9, expected at least 10"),
        (None, Status.WRONG_ANSWER, "in_flight: found nothing, expected at least 10"),
    ],
)
def test_too_few_at_once_makes_a_trial_unsettled_and_its_answer_not_wrong(
    seen: int | None, status: Status, message: str
) -> None:  # V6, R5
    least = workload(WORKLOAD.replace("expected = 3\n", 'at_least = "tasks"\n'))
    observed = {} if seen is None else {"in_flight": seen}
    messages = good_messages(least, HEADLINE, observed=observed)
    assert judge(conversation(least, wrong={HEADLINE: messages}), of=least) == (status, message)


def test_a_model_is_judged_by_its_own_observation_and_its_own_ideal() -> None:
    slow = {"observed": {"in_flight": 1}, "elapsed_ns": 500 * MS}
    said = conversation(
        DEMO,
        wrong={case: good_messages(DEMO, case, **slow) for case in (CHECK, HEADLINE)},
    )
    assert judge(said, model="sequential") == (Status.OK, "")
    assert judge(said, model="asyncio")[0] is Status.WRONG_ANSWER


def test_a_trial_shorter_than_its_waits_is_wrong() -> None:
    assert judge(of_headline(elapsed_ns=40 * MS)) == (
        Status.WRONG_ANSWER,
        "done after 40.0 ms, but its waits alone take 50.0 ms",
    )
    assert judge(of_check(elapsed_ns=MS)) == (
        Status.WRONG_ANSWER,
        "in the check case: done after 1.00 ms, but its waits alone take 5.00 ms",
    )


@pytest.mark.parametrize(
    ("elapsed_ns", "status"), [(49 * MS, Status.OK), (49 * MS - 1, Status.WRONG_ANSWER)]
)
def test_a_wait_may_end_early_by_the_resolution_of_a_millisecond_timer(
    elapsed_ns: int, status: Status
) -> None:
    assert judge(of_headline(elapsed_ns=elapsed_ns))[0] is status


def test_a_stopped_trial_is_not_judged_by_missing_messages() -> None:
    assert judge(of_headline(answer=19), ended(-9, "timeout"))[0] is Status.TIMEOUT


# Warnings


def test_a_good_trial_has_no_warnings() -> None:
    assert warnings_of(ended()) == ()


def test_orphans_of_a_trial_are_a_warning() -> None:
    (warning,) = warnings_of(ended(left=2))
    assert warning == "left 2 processes running; they were killed"
