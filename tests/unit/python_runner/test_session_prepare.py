"""runner.session with a fake clock: entering and leaving what a case prepares."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.python_runner.sessions import (
    FakeClock,
    Kind,
    case,
    records_of_kind,
    work_that_fails,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[..., Any]

MS = 1_000_000


class Resource:
    """A resource that logs when it is entered and left."""

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


def test_prepare_is_entered_once_per_case_and_left_after_its_last_call(kind: Kind) -> None:
    pool = Resource()
    cases = case(warmup=1, iterations=2), case("headline")
    kind.work(pool.run, *cases, prepare=pool.prepare)
    assert pool.log == ["entered", "warm", "warm", "warm", "left", "entered", "warm", "left"]


def test_prepare_is_not_part_of_the_samples(kind: Kind, clock: FakeClock) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        clock.now += 1_000
        yield
        clock.now += 1_000

    def run(params: Any, probe: Any, prepared: None) -> int:
        clock.now += 3
        return 0

    (sample,) = records_of_kind(kind.work(run, case(), prepare=prepare), "sample")
    assert sample["elapsed_ns"] == 3


def test_after_last_sample_is_called_once_and_before_prepare_is_left(kind: Kind) -> None:
    pool = Resource()
    module = kind.module(pool.run, pool.prepare)
    kind.run(
        module,
        case(),
        case("headline", iterations=2),
        after_last_sample=lambda: pool.log.append("after last"),
    )
    last_case = ["entered", "warm", "warm", "after last", "left"]
    assert pool.log == ["entered", "warm", "left", *last_case]


def test_after_last_sample_is_not_called_if_the_last_case_fails(kind: Kind) -> None:
    calls: list[None] = []
    module = kind.module(work_that_fails(ValueError("no")))
    kind.run(module, case(), after_last_sample=lambda: calls.append(None))
    assert calls == []


def test_prepare_is_left_after_a_failure(kind: Kind) -> None:
    pool = Resource()
    records = kind.work(
        work_that_fails(ValueError("no")), case(), case("headline"), prepare=pool.prepare
    )
    assert [record["kind"] for record in records] == ["error", "error"]
    assert pool.log == ["entered", "left"] * 2


@pytest.mark.parametrize("error", [SystemExit(0), KeyboardInterrupt()], ids=repr)
def test_prepare_is_left_if_the_work_ends_the_interpreter(kind: Kind, error: BaseException) -> None:
    pool = Resource()
    with pytest.raises(type(error)):
        kind.work(work_that_fails(error), case(), prepare=pool.prepare)
    assert pool.log == ["entered", "left"]


def test_a_failure_to_enter_prepare_is_an_error_of_the_case(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        raise MemoryError
        yield

    records = kind.work(lambda *arguments: 0, case(), prepare=prepare)
    assert [(record["kind"], record["reason"]) for record in records] == [
        ("error", "out_of_memory")
    ]


def test_a_failure_to_leave_prepare_is_an_error_without_an_outcome(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        yield
        raise LookupError("a worker was lost")

    records = kind.work(lambda *arguments: 0, case(), prepare=prepare)
    assert [record["kind"] for record in records] == ["sample", "error"]
    assert records[-1]["message"] == "LookupError: a worker was lost"


def test_prepare_cannot_suppress_a_failure_of_the_work(kind: Kind) -> None:
    def prepare(params: Any, probe: Any) -> Iterator[None]:
        with suppress(ValueError):
            yield

    records = kind.work(work_that_fails(ValueError("no")), case(), prepare=prepare)
    assert [record["kind"] for record in records] == ["error"]
