"""runner.session on a fake clock: what is prepared for a case, and left again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.python_runner.sessions import FakeClock, Kind, case, fail, of_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[..., Any]

MS = 1_000_000


class Resource:
    """Something to prepare, which notes when it is taken and left."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def prepare(self, params: Any, probe: Any) -> Iterator[str]:
        self.log.append("entered")
        try:
            yield "warm"
        finally:
            self.log.append("left")

    def run(self, params: Any, probe: Any, prepared: str) -> int:
        self.log.append(prepared)
        return 0


def test_prepare_is_entered_once_a_case_and_left_after_its_last_call(kind: Kind) -> None:
    pool = Resource()
    cases = case(warmup=1, iterations=2), case("headline")
    kind.work(pool.run, *cases, prepare=pool.prepare)
    assert pool.log == ["entered", "warm", "warm", "warm", "left", "entered", "warm", "left"]


def test_prepare_is_outside_the_samples(kind: Kind, clock: FakeClock) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        clock.now += 1_000
        yield
        clock.now += 1_000

    def run(params: Any, probe: Any, prepared: None) -> int:
        clock.now += 3
        return 0

    (sample,) = of_kind(kind.work(run, case(), prepare=prepare), "sample")
    assert sample["elapsed_ns"] == 3


def test_a_look_at_the_last_is_once_and_before_what_was_prepared_is_left(kind: Kind) -> None:
    pool = Resource()
    module = kind.module(pool.run, pool.prepare)
    kind.run(
        module, case(), case("headline", iterations=2), at_the_last=lambda: pool.log.append("look")
    )
    last = ["entered", "warm", "warm", "look", "left"]
    assert pool.log == ["entered", "warm", "left", *last]


def test_a_last_case_that_fails_is_not_looked_at(kind: Kind) -> None:
    looks: list[None] = []
    module = kind.module(fail(ValueError("no")))
    kind.run(module, case(), at_the_last=lambda: looks.append(None))
    assert looks == []


def test_what_was_prepared_is_left_also_after_a_failure(kind: Kind) -> None:
    pool = Resource()
    records = kind.work(fail(ValueError("no")), case(), case("headline"), prepare=pool.prepare)
    assert [record["kind"] for record in records] == ["error", "error"]
    assert pool.log == ["entered", "left"] * 2


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()], ids=repr)
def test_what_was_prepared_is_left_also_when_the_work_ends_the_interpreter(
    kind: Kind, error: BaseException
) -> None:
    pool = Resource()
    with pytest.raises(type(error)):
        kind.work(fail(error), case(), prepare=pool.prepare)
    assert pool.log == ["entered", "left"]


def test_a_failure_to_prepare_is_an_error_of_the_case(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        raise MemoryError
        yield

    records = kind.work(lambda *given: 0, case(), prepare=prepare)
    assert [(record["kind"], record["reason"]) for record in records] == [
        ("error", "out_of_memory")
    ]


def test_a_failure_to_leave_is_an_error_and_no_outcome(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        yield
        raise LookupError("a worker was lost")

    records = kind.work(lambda *given: 0, case(), prepare=prepare)
    assert [record["kind"] for record in records] == ["sample", "error"]
    assert records[-1]["message"] == "LookupError: a worker was lost"


def test_what_is_prepared_cannot_hide_a_failure_of_the_work(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        with suppress(ValueError):
            yield

    records = kind.work(fail(ValueError("no")), case(), prepare=prepare)
    assert [record["kind"] for record in records] == ["error"]
