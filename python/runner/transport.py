"""Carries the reports of a probe to the harness, and the stop message back."""

from __future__ import annotations

import json
import os
import select
from typing import TYPE_CHECKING, Any

from runner import footprint, lifetime
from runner.work import Transport

if TYPE_CHECKING:
    from collections.abc import Callable

    Emit = Callable[[dict[str, Any]], None]


def _do_nothing() -> None:
    pass


def move_to(processor: int) -> None:
    """Move this thread to a processor, without keeping it there."""
    if not hasattr(os, "sched_setaffinity"):
        return
    allowed = os.sched_getaffinity(0)
    if processor in allowed:
        os.sched_setaffinity(0, {processor})  # a running thread moves at once
        os.sched_setaffinity(0, allowed)


class HarnessTransport(Transport):
    """Writes each report as a record of the protocol; reads the stop message from a descriptor.

    `readable` waits for a descriptor in the way of the model: it is awaited in an event loop, and a
    plain function in gevent. Without it, waiting blocks the thread. `on_stop` is called when stop
    arrives, while the server and its workers still run.
    """

    def __init__(
        self,
        emit: Emit,
        descriptor: int,
        readable: Callable[[int], Any] | None,
        on_stop: Callable[[], None] = _do_nothing,
    ) -> None:
        self._emit = emit
        self._descriptor = descriptor
        self._readable = readable
        self._on_stop = on_stop

    def parked(self, tasks: int) -> int:
        """Measure the memory of this process and its descendants, and report and return it."""
        held = footprint.held_bytes()
        self._emit({"kind": "footprint", "case": self.case, "tasks": tasks, **held})
        return (held["bytes"] or 0) + (held["kernel_bytes"] or 0)

    def listening(self, port: int) -> None:
        """Report the port at once, because the harness waits for it before it connects."""
        lifetime.exit_at_end_of_input(self._descriptor)
        self._emit({"kind": "listening", "port": port})

    def ready(self) -> None:
        """Report that the last case is warm and waits for its turns."""
        lifetime.exit_at_end_of_input(self._descriptor)
        self._emit({"kind": "ready", "case": self.case})

    def wait_for_turn(self) -> bool:
        """Block this thread, and its event loop, until it has a turn; False if the case is over."""
        line = self._read_line()
        if b'"turn"' not in line and b'"end"' not in line:
            raise ValueError(f"input: found {line[:80]!r}, expected a line of kind turn or end")
        if b'"turn"' not in line:
            return False
        processor = json.loads(line).get("processor")
        if processor is not None:
            move_to(processor)
        return True

    async def stopped(self) -> None:
        """Wait for stop with the model's own selector, so that no extra thread is needed."""
        assert self._readable is not None, "a model without a loop calls wait_until_stopped"
        await self._readable(self._descriptor)
        self._read_stop()

    def wait_until_stopped(self) -> None:
        """Block the caller until stop arrives; greenlets run meanwhile."""
        if self._readable is None:
            select.select([self._descriptor], [], [])
        else:
            self._readable(self._descriptor)
        self._read_stop()

    def _read_stop(self) -> None:
        line = self._read_line()
        if b'"stop"' not in line:
            raise ValueError(f"input: found {line[:80]!r}, expected a line of kind stop")
        self._on_stop()

    def _read_line(self) -> bytes:
        """Read what the harness has written: one line, since it waits for the answer to each."""
        line = os.read(self._descriptor, 4_096)
        if not line:
            lifetime.kill_process_group()
        return line
