"""What the tests of runner.session share: a fake clock, the two kinds of implementation."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from runner import session
from runner.wire import Case, Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

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

    def run(
        self,
        module: SimpleNamespace,
        *cases: Case,
        at_the_last: Callable[[], None] = lambda: None,
    ) -> list[dict[str, Any]]:
        """Run cases; returns the records."""
        records: list[dict[str, Any]] = []
        request = Request("planted", "any", "", 0, list(cases))
        if not self.awaited:
            session.run_plain(request, module, records.append, at_the_last=at_the_last)
            return records
        going = session.run_awaited(request, module, records.append, at_the_last=at_the_last)
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


def case(id_: str = "check", **changes: Any) -> Case:
    return Case(id_, {}, 1, 0, 1, 0)._replace(**changes)


def of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record for record in records if record["kind"] == kind]


def takes(clock: FakeClock, ns: int, answer: Any = 0) -> Work:
    def run(params: Any, probe: Any) -> Any:
        clock.now += ns
        return answer

    return run


def fail(error: BaseException) -> Work:
    def run(params: Any, probe: Any, *prepared: Any) -> int:
        raise error

    return run
