"""Whatever stands in a file or is said by a runner is taken or refused with a message.

A few texts each; `python -m tests.bench fuzzing` reads 10,000 each.
"""

from __future__ import annotations

import pytest

from tests.support.fuzzing import TARGETS, fuzz, starting_point


@pytest.mark.parametrize("name", TARGETS)
def test_a_text_that_is_nearly_right_is_taken_or_refused(name: str) -> None:
    _, read = TARGETS[name]
    read(starting_point(name))  # else all would be refused
    fuzz(name, 25)
