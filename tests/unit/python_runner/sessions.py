"""Shared by the tests of runner.session: a fake clock, and the two kinds of implementation."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from runner import session
from runner.wire import Case, Request
from runner.work import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Work = Callable[..., Any]

MS = 1_000_000


class FakeClock:
    """Advances only when the work of a test advances it."""

    def __init__(self) -> None:
        self.now = self.cpu = 1_000
        self.cpu_is_known = True

    def now_ns(self) -> int:
        return self.now

    def cpu_ns(self) -> int | None:
        return self.cpu if self.cpu_is_known else None


class GivenTurns(Transport):
    """A harness that gives a number of turns; what the probe reports becomes a record."""

    def __init__(self, emit: Callable[[dict[str, Any]], None], turns: int) -> None:
        self._emit = emit
        self._left = turns

    def ready(self) -> None:
        self._emit({"kind": "ready", "case": self.case})

    def wait_for_turn(self) -> bool:
        self._left -= 1
        return self._left >= 0

    def parked(self, tasks: int) -> int:
        self._emit({"kind": "footprint", "case": self.case, "tasks": tasks})
        return 0


class Kind:
    """A kind of implementation: plain functions, or coroutine functions."""

    def __init__(self, *, is_async: bool) -> None:
        self.is_async = is_async

    def module(self, run: Work, prepare: Work | None = None) -> SimpleNamespace:
        """Return a module of this kind, made from plain functions."""

        async def async_run(*arguments: Any) -> Any:
            return run(*arguments)

        module = SimpleNamespace(run=async_run if self.is_async else run)
        if prepare is not None:
            module.prepare = _async_prepare(prepare) if self.is_async else contextmanager(prepare)
        return module

    def run(
        self,
        module: SimpleNamespace,
        *cases: Case,
        after_last_sample: Callable[[], None] = lambda: None,
        turns: int | None = None,
        run_up_ns: int = 0,
    ) -> list[dict[str, Any]]:
        """Run cases; return the records. With `turns` the last case is given so many."""
        records: list[dict[str, Any]] = []
        request = Request("planted", "any", "", 0, list(cases), turns is not None, run_up_ns)
        transport = None if turns is None else GivenTurns(records.append, turns)
        if not self.is_async:
            session.run_sync(request, module, records.append, transport, after_last_sample)
            return records
        session_coro = session.run_async(
            request, module, records.append, transport, after_last_sample
        )
        with pytest.raises(StopIteration):  # nothing here waits, so no loop is needed
            session_coro.send(None)
        return records

    def work(self, run: Work, *cases: Case, prepare: Work | None = None) -> list[dict[str, Any]]:
        """Run cases of a module made from plain functions; return the records."""
        return self.run(self.module(run, prepare), *cases)


def _async_prepare(prepare: Work) -> Work:
    @asynccontextmanager
    async def async_prepare(*arguments: Any) -> AsyncIterator[Any]:
        with contextmanager(prepare)(*arguments) as resource:
            yield resource

    return async_prepare


def case(id_: str = "check", **changes: Any) -> Case:
    return Case(id_, {}, 1, 0, 1, 0)._replace(**changes)


def records_of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record for record in records if record["kind"] == kind]


def work_that_takes(clock: FakeClock, ns: int, answer: Any = 0) -> Work:
    def run(params: Any, probe: Any) -> Any:
        clock.now += ns
        return answer

    return run


def work_that_fails(error: BaseException) -> Work:
    def run(params: Any, probe: Any, *prepared: Any) -> int:
        raise error

    return run
