"""What a user reads when something is wrong."""

from __future__ import annotations

import errno

import pytest

from harness.errors import Exit, Problem, explain, unknown_name

MODELS = ("asyncio", "asyncio-eager", "anyio-asyncio", "trio", "threads", "go")


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (Exit.SUCCESS, 0),
        (Exit.FAILED, 1),
        (Exit.USAGE, 2),
        (Exit.NOT_POSSIBLE, 3),
        (Exit.INTERRUPTED, 130),
    ],
)
def test_an_exit_code_keeps_its_documented_number(code: Exit, number: int) -> None:
    assert int(code) == number


def test_a_problem_is_a_usage_error_unless_it_says_otherwise() -> None:
    assert Problem("no").code is Exit.USAGE
    assert Problem("no", Exit.NOT_POSSIBLE).code is Exit.NOT_POSSIBLE


def test_a_problem_is_printed_as_its_message_alone() -> None:
    assert str(Problem("run.json: found 2, expected 1", Exit.NOT_POSSIBLE)) == (
        "run.json: found 2, expected 1"
    )


def test_an_unknown_name_is_reported_with_a_similar_one() -> None:
    assert str(unknown_name("model", "tiro", MODELS)) == "unknown model 'tiro'; did you mean trio?"


def test_several_similar_names_are_listed_the_most_similar_first() -> None:
    assert str(unknown_name("model", "asyncoi", MODELS)) == (
        "unknown model 'asyncoi'; did you mean asyncio or asyncio-eager or anyio-asyncio?"
    )


def test_a_name_without_a_similar_one_is_reported_with_all_names_sorted() -> None:
    assert str(unknown_name("workload", "zzz", ["noop", "fanout", "noop"])) == (
        "unknown workload 'zzz'; there is: fanout, noop"
    )


def test_of_very_many_names_only_some_are_listed() -> None:
    message = str(unknown_name("contestant", "zzz", [f"m{number:03}" for number in range(190)]))
    assert message.endswith("m038, m039, and 150 more")


def test_a_name_is_reported_where_none_exists() -> None:
    assert str(unknown_name("workload", "noop", [])) == "unknown workload 'noop'; there is: none"


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENAMETOOLONG, "choose a shorter name"),
        (errno.ENOTDIR, "choose a path through folders alone"),
        (errno.EACCES, "choose a place that you may read and write"),
        (errno.EMFILE, "allow more open files: ulimit -n 4096"),
    ],
)
def test_what_a_machine_refuses_is_a_problem_with_a_remedy(number: int, remedy: str) -> None:
    problem = explain(OSError(number, "No", "a/file"))
    assert problem is not None
    assert (str(problem), problem.code) == (f"a/file: No; {remedy}", Exit.NOT_POSSIBLE)
    assert str(explain(OSError(number, "No"))) == f"No; {remedy}"


def test_a_file_that_we_forgot_to_look_for_is_a_defect_and_no_problem_of_the_user() -> None:
    assert explain(OSError(errno.ENOENT, "No such file", "a/file")) is None
    assert explain(OSError("none of the system")) is None
