"""Whatever stands in a file or is said by a runner is taken or refused with a message.

A few texts each; `python -m tests.bench fuzzing` reads 10,000 each.
"""

from __future__ import annotations

import json

import pytest

from harness.measuring.attempt import Attempt
from harness.measuring.runners import protocol
from tests.support.factories import assignment, who
from tests.support.fuzzing import TARGETS, fuzz, starting_point


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_a_text_that_is_nearly_right_is_taken_or_refused(name: str) -> None:
    _, read = TARGETS[name]
    read(starting_point(name))  # else all would be refused
    fuzz(name, 25)


def test_a_runner_that_says_far_too_much_is_stopped() -> None:
    assigned = assignment()
    request = protocol.create_request(who(), assigned.cases, 7)
    attempt = Attempt(assigned, 0, 0, request, None)
    assert attempt.receive_line(b'{"kind": "started", "protocol": 2}') == ""
    point = {"kind": "footprint", "case": "check", "tasks": 1, "bytes": 1, "ignored": "x" * 10_000}
    line = json.dumps(point).encode()
    while not attempt.receive_line(line):
        pass
    assert attempt.violation == "more than 8 MiB of messages"
