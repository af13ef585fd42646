"""What an implementation says through its probe, on its way to the harness; and the way back."""

from __future__ import annotations

import fcntl
import os
import select
import signal
from typing import TYPE_CHECKING, Any

from runner import footprint
from runner.work import Voice

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Emit = Callable[[dict[str, Any]], None]


class Line(Voice):
    """The line to the harness, for the case that runs."""

    def __init__(
        self,
        emit: Emit,
        descriptor: int,
        readable: Callable[[int], Awaitable[None]] | None,
        weigh: Callable[[], None] = lambda: None,
    ) -> None:
        self._emit = emit
        self._descriptor = descriptor  # where the harness says stop
        self._readable = readable  # the model's own way to wait for a descriptor
        self._weigh = weigh  # a server, while it and its workers are still up

    def parked(self, tasks: int) -> None:
        """Weigh the process and all it has started, and say so."""
        held, reserved = footprint.held()
        self._emit(
            {
                "kind": "footprint",
                "case": self.case,
                "tasks": tasks,
                "bytes": held,
                "virtual_bytes": reserved,
            }
        )

    def listening(self, port: int) -> None:
        """Say it at once: somebody waits to connect."""
        outlive_input(self._descriptor)
        self._emit({"kind": "listening", "port": port})

    async def stopped(self) -> None:
        """Wait as the model waits for a descriptor: one more in its selector, and no thread."""
        assert self._readable is not None, "a model without a loop calls wait_until_stopped"
        await self._readable(self._descriptor)
        self._hear()

    def wait_until_stopped(self) -> None:
        """Wait for the descriptor and nothing else."""
        select.select([self._descriptor], [], [])
        self._hear()

    def _hear(self) -> None:
        line = os.read(self._descriptor, 4_096)
        if not line:
            end_with_the_group()
        if b'"stop"' not in line:
            raise ValueError(f"input: found {line[:80]!r}, expected a line of kind stop")
        self._weigh()


def die_with_the_harness(descriptor: int) -> bool:
    """End with the whole process group when the other end of standard input is closed.

    The kernel sends SIGIO to the owner of a descriptor with O_ASYNC when something happens on it,
    and unhandled, SIGIO ends a process. So a harness that was killed leaves nothing behind, and
    no thread has to watch: a thread would weigh on what is measured, and make forking unsafe.
    Returns False if it was closed before anybody could be told.
    """
    try:
        leads_its_group = os.getpgrp() == os.getpid()  # not so when somebody starts it by hand
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp() if leads_its_group else os.getpid())
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    except OSError:
        return True  # standard input is not a pipe
    return not _is_closed(descriptor)


def outlive_input(descriptor: int) -> None:
    """Let something be said on standard input; only its end still ends the process.

    From now on SIGIO goes to this process alone, which looks what it means.
    """

    def look(_signal: int, _frame: object) -> None:
        if _is_closed(descriptor):
            end_with_the_group()

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(descriptor, fcntl.F_SETOWN, os.getpid())


def end_with_the_group() -> None:
    """End at once, and with this process all that it has started; the harness is gone."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _is_closed(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLHUP)
    return any(event & select.POLLHUP for _, event in poll.poll(0))
