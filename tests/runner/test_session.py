"""runner.session on a fake clock: what is sampled, what is reported, and what is left again.

Each test runs for plain functions and for coroutine functions, which share all but two small steps.
"""

from __future__ import annotations

import hashlib
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from runner import session
from runner.wire import Case, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    Work = Callable[..., Any]

MS = 1_000_000


class FakeClock:
    """Stands still but for what the work says that it takes."""

    def __init__(self) -> None:
        self.now = self.cpu = 1_000
        self.cpu_is_known = True

    def now_ns(self) -> int:
        return self.now

    def cpu_ns(self) -> int | None:
        return self.cpu if self.cpu_is_known else None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    fake = FakeClock()
    monkeypatch.setattr(session, "clock", fake)
    return fake


class Kind:
    """One of the two kinds of implementation."""

    def __init__(self, *, awaited: bool) -> None:
        self.awaited = awaited

    def module(self, run: Work, prepare: Work | None = None) -> SimpleNamespace:
        """Return a module made of plain functions, as this kind has it."""

        async def awaited_run(*arguments: Any) -> Any:
            return run(*arguments)

        module = SimpleNamespace(run=awaited_run if self.awaited else run)
        if prepare is not None:
            module.prepare = _awaited(prepare) if self.awaited else contextmanager(prepare)
        return module

    def run(self, module: SimpleNamespace, *cases: Case, **more: Any) -> list[dict[str, Any]]:
        """Run cases; returns the records."""
        records: list[dict[str, Any]] = []
        request = Request("planted", "any", "", 0, list(cases))
        if not self.awaited:
            session.run_plain(request, module, records.append, **more)
            return records
        going = session.run_awaited(request, module, records.append, **more)
        with pytest.raises(StopIteration):  # nothing here waits, so no loop is needed
            going.send(None)
        return records

    def work(self, run: Work, *cases: Case, prepare: Work | None = None) -> list[dict[str, Any]]:
        return self.run(self.module(run, prepare), *cases)


def _awaited(prepare: Work) -> Work:
    @asynccontextmanager
    async def prepared(*arguments: Any) -> AsyncIterator[Any]:
        with contextmanager(prepare)(*arguments) as resource:
            yield resource

    return prepared


@pytest.fixture(params=[False, True], ids=["plain", "awaited"])
def kind(request: pytest.FixtureRequest, clock: FakeClock) -> Kind:
    return Kind(awaited=request.param)


def case(id_: str = "check", **changes: Any) -> Case:
    return Case(id_, {}, 1, 0, 1, 0)._replace(**changes)


def of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record for record in records if record["kind"] == kind]


def takes(clock: FakeClock, ns: int, answer: Any = 0) -> Work:
    def run(params: Any, probe: Any) -> Any:
        clock.now += ns
        return answer

    return run


# --- samples


def test_without_a_least_duration_one_call_is_one_sample(kind: Kind, clock: FakeClock) -> None:
    records = kind.work(takes(clock, 5), case(operations=6, warmup=1, iterations=2))
    assert [record["kind"] for record in records] == ["sample"] * 3 + ["outcome"]
    assert [record["iteration"] for record in of_kind(records, "sample")] == [0, 1, 2]
    assert [record["warmup"] for record in of_kind(records, "sample")] == [True, False, False]
    assert [record["elapsed_ns"] for record in of_kind(records, "sample")] == [5, 5, 5]
    assert [record["operations"] for record in of_kind(records, "sample")] == [6, 6, 6]


def test_calls_are_batched_until_a_sample_lasts_long_enough(kind: Kind, clock: FakeClock) -> None:
    asked = case(operations=2, min_sample_ns=20 * MS, warmup=1, iterations=2)
    records = of_kind(kind.work(takes(clock, MS), asked), "sample")
    assert [record["operations"] // 2 for record in records] == [1, 10, 24, 24, 24, 24]
    assert [record["warmup"] for record in records] == [True, True, True, True, False, False]
    assert [record["iteration"] for record in records] == list(range(6))
    assert all(record["elapsed_ns"] >= 20 * MS for record in records[2:])


def test_a_batch_grows_by_ten_at_most_and_by_one_at_least(kind: Kind, clock: FakeClock) -> None:
    records = of_kind(kind.work(takes(clock, 1), case(min_sample_ns=5_000)), "sample")
    tried = [record["operations"] for record in records if record["warmup"]]
    growth = [later / earlier for earlier, later in pairwise(tried)]
    assert growth
    assert all(1 < factor <= 10 for factor in growth)


def test_a_batch_grows_also_while_the_clock_does_not_move(kind: Kind, clock: FakeClock) -> None:
    calls = 0

    def run(params: Any, probe: Any) -> int:
        nonlocal calls
        calls += 1
        clock.now += 50 if calls > 11 else 0
        return 0

    records = of_kind(kind.work(run, case(min_sample_ns=20)), "sample")
    assert [record["operations"] for record in records if record["warmup"]] == [1, 10, 100]


def test_a_first_call_that_lasts_long_enough_is_the_only_one_tried(
    kind: Kind, clock: FakeClock
) -> None:
    records = of_kind(kind.work(takes(clock, 30), case(min_sample_ns=20)), "sample")
    assert [(record["operations"], record["warmup"]) for record in records] == [
        (1, True),
        (1, False),
    ]


def test_processor_time_is_what_was_used_during_the_sample(kind: Kind, clock: FakeClock) -> None:
    def run(params: Any, probe: Any) -> int:
        clock.cpu += 7
        return 0

    assert of_kind(kind.work(run, case()), "sample")[0]["cpu_ns"] == 7


def test_processor_time_is_never_negative(kind: Kind, clock: FakeClock) -> None:
    def run(params: Any, probe: Any) -> int:
        clock.cpu -= 7  # a child process whose time was known has ended
        return 0

    assert of_kind(kind.work(run, case()), "sample")[0]["cpu_ns"] == 0


def test_processor_time_that_is_not_known_is_null(kind: Kind, clock: FakeClock) -> None:
    clock.cpu_is_known = False
    assert of_kind(kind.work(takes(clock, 1), case()), "sample")[0]["cpu_ns"] is None


def test_each_case_gets_its_own_parameters_and_its_own_probe(kind: Kind) -> None:
    def run(params: Any, probe: Any) -> int:
        probe.observe("calls", params.n)
        return int(params.n)

    records = kind.work(run, case(params={"n": 5}), case("headline", params={"n": 2}))
    assert [
        (record["case"], record["value"], record["observed"])
        for record in of_kind(records, "outcome")
    ] == [("check", "5", {"calls": 5}), ("headline", "2", {"calls": 2})]


def test_a_probe_keeps_the_largest_value_of_all_calls_of_a_case(kind: Kind) -> None:
    values = iter([2, 9, 4])

    def run(params: Any, probe: Any) -> int:
        probe.observe("in_flight", next(values))
        return 0

    records = kind.work(run, case(iterations=3))
    assert of_kind(records, "outcome")[0]["observed"] == {"in_flight": 9}


# --- answers


def test_the_same_answer_is_one_outcome_with_its_digest(kind: Kind, clock: FakeClock) -> None:
    (outcome,) = of_kind(kind.work(takes(clock, 1, 20), case(iterations=5)), "outcome")
    assert outcome["digest"] == hashlib.sha256(b"20").hexdigest()
    assert outcome["value"] == "20"


def test_each_distinct_answer_is_an_outcome_of_its_own(kind: Kind) -> None:
    answers = iter([20, 21, 20])
    records = kind.work(lambda params, probe: next(answers), case(iterations=3))
    assert [record["value"] for record in of_kind(records, "outcome")] == ["20", "21"]


def test_a_wrong_answer_in_the_warm_up_is_found_too(kind: Kind) -> None:
    answers = iter([21, 20, 20])
    records = kind.work(lambda params, probe: next(answers), case(warmup=1, iterations=2))
    assert [record["value"] for record in of_kind(records, "outcome")] == ["21", "20"]


@pytest.mark.parametrize("answer", [1.5, True, None, {1: 2}, b"x", object()])
def test_an_answer_of_a_wrong_type_is_an_error_of_the_case(kind: Kind, answer: Any) -> None:
    records = kind.work(lambda params, probe: answer, case())
    assert [(record["kind"], record["reason"]) for record in records] == [("error", "crash")]
    assert records[0]["message"].startswith("TypeError: answer: found ")


def test_answering_with_a_coroutine_that_nobody_awaits_is_an_error(
    clock: FakeClock, recwarn: pytest.WarningsRecorder
) -> None:
    async def run(params: Any, probe: Any) -> int:
        return 0

    records = Kind(awaited=False).run(SimpleNamespace(run=run), case())
    assert records[0]["message"].startswith("TypeError: answer: found coroutine")


# --- failures


def fail(error: BaseException) -> Work:
    def run(params: Any, probe: Any, *prepared: Any) -> int:
        raise error

    return run


def test_an_exception_is_an_error_of_its_case_and_the_next_case_still_runs(kind: Kind) -> None:
    def run(params: Any, probe: Any) -> int:
        return 10 // int(params.by)

    records = kind.work(run, case(params={"by": 0}), case("headline", params={"by": 5}))
    assert [(record["kind"], record["case"]) for record in records] == [
        ("error", "check"),
        ("sample", "headline"),
        ("outcome", "headline"),
    ]
    assert records[0]["reason"] == "crash"
    assert records[0]["message"].startswith("ZeroDivisionError: ")


def test_the_traceback_goes_to_standard_error(
    kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    kind.work(fail(LookupError("nowhere")), case())
    assert "LookupError: nowhere" in capsys.readouterr().err


def test_samples_taken_before_the_failure_stand(kind: Kind) -> None:
    answers = iter([1])
    records = kind.work(lambda params, probe: next(answers, None), case(iterations=2))
    assert [record["kind"] for record in records] == ["sample", "error"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "out_of_memory"),
        (ExceptionGroup("tasks", [ValueError(), MemoryError()]), "out_of_memory"),
        (ExceptionGroup("tasks", [ExceptionGroup("more", [MemoryError()])]), "out_of_memory"),
        (ExceptionGroup("tasks", [ValueError()]), "crash"),
        (OSError("no more threads"), "crash"),
        (StopIteration(), "crash"),
        (StopAsyncIteration(), "crash"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_lack_of_memory_is_told_from_other_failures(
    kind: Kind, error: Exception, reason: str
) -> None:
    records = kind.work(fail(error), case(), case("headline"))
    assert [(record["kind"], record["reason"]) for record in records] == [("error", reason)] * 2


# --- prepare


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
    module, look = kind.module(pool.run, pool.prepare), lambda: pool.log.append("look")
    kind.run(module, case(), case("headline"), at_the_last=look)
    assert pool.log == ["entered", "warm", "left", "entered", "warm", "look", "left"]
    kind.run(kind.module(fail(ValueError("no"))), case(), at_the_last=look)
    assert pool.log.count("look") == 1  # a case that failed is not looked at


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
