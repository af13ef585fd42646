"""The workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import itertools
import queue
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from harness.measuring.fleet import on_worker
from harness.measuring.fleet.cluster import Answer
from harness.measuring.fleet.connecting import CONNECT_S, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.measuring.fleet.parcel import Parcel

RESOURCE = "loombench"  # of a worker that measures; one block takes one
_CLOSE_S = 5.0
_FOLLOW_S = 2.0  # within which one worker follows another
_POLL_S = 0.2
_NO_SOURCES = "no sources"
START = f"dask worker ADDRESS --nthreads 1 --resources {RESOURCE}=1"


class DaskCluster:
    """Passes orders to the workers that have the resource `loombench`."""

    def __init__(self, address: str, parcel: Parcel) -> None:
        """Connect to a scheduler. Raises Problem."""
        self._parcel = parcel
        self._client = connect(address)
        self._tickets = itertools.count()
        self._futures: dict[int, Any] = {}
        self._unsent: list[Answer] = []
        self._done: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._orders: dict[int, tuple[str, bytes]] = {}
        self._module = f"loombench_{parcel.digest[:12]}"  # on_worker there
        self._upload()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # the scheduler may be gone
            for ticket in list(self._futures):
                self.forget(ticket)
            self._client.close(timeout=_CLOSE_S)

    def workers(self) -> list[str]:
        """Return the addresses of the workers that measure and are there now."""
        return [address for address, one in self._list_workers().items() if _measures(one)]

    def await_workers(self, interrupted: Callable[[], bool]) -> list[str]:
        """Return the workers that measure; waits a while for the first, and for those that follow.

        They may have been started just before.
        """
        found: list[str] = []
        until = time.monotonic() + CONNECT_S
        while not interrupted() and time.monotonic() < until:
            before, found = found, self.workers()
            if len(found) > len(before):
                until = time.monotonic() + _FOLLOW_S
            time.sleep(_POLL_S)
        return found

    def count_others(self) -> int:
        """Return how many workers are there that do not measure."""
        return sum(not _measures(one) for one in self._list_workers().values())

    def ask(self, worker: str, order: bytes) -> int:
        """Send an order; returns its ticket at once. The sources follow if the worker has none."""
        ticket = next(self._tickets)
        self._orders[ticket] = worker, order
        try:
            self._send(ticket)
        except Exception as error:  # noqa: BLE001 - the same
            self._unsent.append(Answer(ticket, [], f"cannot be sent: {error}"))
        return ticket

    def await_answers(self, seconds: float) -> list[Answer]:
        """Return the answers that have come, after so many seconds at most."""
        answers, self._unsent = self._unsent, []
        with contextlib.suppress(queue.Empty):
            ticket = self._done.get(timeout=seconds)
            while True:
                answer = self._receive(ticket)
                if answer is not None:
                    answers.append(answer)
                ticket = self._done.get_nowait()
        return answers

    def forget(self, ticket: int) -> None:
        """Let the worker stop what it does for a ticket; there will be no answer."""
        self._orders.pop(ticket, None)
        future = self._futures.pop(ticket, None)
        if future is not None:
            with contextlib.suppress(Exception):  # the scheduler may be gone
                future.cancel(force=True)

    def _send(self, ticket: int, parcel: bytes | None = None) -> None:
        worker, order = self._orders[ticket]
        # The scheduler unpickles what is submitted, and may have another Python: no code of ours.
        future = self._client.submit(
            eval,
            f"__import__({self._module!r}).ask(digest, order, parcel)",
            {"digest": self._parcel.digest, "order": order, "parcel": parcel},
            workers=[worker],
            resources={RESOURCE: 1},
            pure=False,
            retries=0,
        )
        self._futures[ticket] = future
        future.add_done_callback(partial(self._note_done, ticket))

    def _note_done(self, ticket: int, _: object) -> None:
        self._done.put(ticket)

    def _receive(self, ticket: int) -> Answer | None:
        """Return the answer for a ticket; None if nobody waits or the sources have to follow."""
        future = self._futures.get(ticket)
        if future is None or not future.done():  # forgotten, or an earlier one of this ticket
            return None
        if future.status != "finished":
            reason = (
                f"{future.status}: {future.exception()}" if future.status == "error" else "lost"
            )
            self.forget(ticket)
            return Answer(ticket, [], reason)
        try:
            lines, failure = future.result(timeout=CONNECT_S)
        except Exception as error:  # noqa: BLE001 - whatever it is, the block is done elsewhere
            lines, failure = [], str(error) or type(error).__name__
        if failure == _NO_SOURCES:
            try:
                self._send(ticket, self._parcel.content)
            except Exception as error:  # noqa: BLE001 - as in `ask`
                return Answer(ticket, [], f"cannot be sent: {error}")
            return None
        self.forget(ticket)
        return Answer(ticket, lines, failure)

    def _list_workers(self) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = self._client.scheduler_info(n_workers=-1)["workers"]
        except Exception:  # noqa: BLE001 - whatever it is: the scheduler is not there now
            return {}
        return found

    def _upload(self) -> None:
        """Give every worker, also those that come later, the module that runs there."""
        from distributed.diagnostics.plugin import UploadFile

        plugin = UploadFile(on_worker.__file__)
        plugin.filename = f"{self._module}.py"
        self._client.register_plugin(plugin, name=self._module)


def _measures(worker: Mapping[str, Any]) -> bool:
    return bool(worker.get("resources", {}).get(RESOURCE, 0) >= 1)
