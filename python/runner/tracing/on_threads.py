"""Threads, and plain code: a profile function, which CPython calls around every call.

Nobody can see the GIL itself. But a thread that executes Python code holds it, so the thread in
which an event happens holds it, and whichever held it before does not any more. In a loop without
calls, a thread that loses the GIL is seen to do so at the next call of another thread, and to have
it back at its own next call. Rejected: an event for each line, which shows this too, but makes such
loops a hundred times as slow.

A call into C may release the GIL and wait: it did if another thread ran during a call that can
wait, or if it took long and the thread left its processor of its own accord. A call on the object
in which another thread waits, such as `lock.release`, is what wakes that thread.
"""

from __future__ import annotations

import resource
import sys
import threading
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.tracing.recorder import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from runner.tracing.recorder import Recorder

SEES = (
    "every call: the thread that makes it has the GIL; not a switch inside a loop without calls,"
    " locks taken by `with`, or a thread that leaves a call and waits for the GIL"
)
_LONG_NS = 50_000  # of a call into C that may have been a wait
# What a thread that loses the GIL inside a call waits for; in other calls, it waits for its turn.
_WAITING = frozenset(
    (
        *("sleep", "acquire", "wait", "get", "put", "join", "poll", "select", "__enter__"),
        *("recv", "recv_into", "send", "sendall", "accept", "connect", "waitpid"),
        *("read", "readinto", "pread", "write", "open", "fsync", "flock"),
    )
)


class _Call(NamedTuple):
    """A call into C, and how often its thread had waited before."""

    since_ns: int
    waits: int
    name: str
    target: int  # id of the object


class _Lane:
    """What is known of a thread."""

    def __init__(self, id_: int) -> None:
        self.id = id_
        self.runs = False
        self.waits = False  # until it is woken, or runs
        self.call: _Call | None = None  # into C


class Hooks:
    """Records the threads of a process."""

    def __init__(self, recorder: Recorder, process: str = "", lane: int | None = None) -> None:
        self.recorder = recorder
        gil_enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
        name = f"GIL of {process}" if process else "GIL"
        self.group = name if gil_enabled else ""
        self.holder: _Lane | None = None
        self.lock = threading.Lock()  # a thread can lose the GIL inside a hook
        self.local = threading.local()  # its `lane`; thread ids are used again
        self.starting: dict[Any, _Lane] = {}
        self.waiting: dict[int, _Lane] = {}  # id of an object -> who is in a call on it
        main = recorder.created(process or "main", self.group) if lane is None else lane
        self.local.lane = _Lane(main)

    def current(self) -> _Lane | None:
        """Return the lane of this thread; None if it was not started by `Thread.start`."""
        if not hasattr(self.local, "lane"):
            self.local.lane = self.starting.pop(threading.current_thread(), None)
        lane: _Lane | None = self.local.lane
        return lane

    def take_gil(self, lane: _Lane) -> None:
        """Record that this thread runs, and that the one before it does not."""
        before = self.holder
        if lane.runs and (before is lane or not self.group):
            return
        if before is not None and before is not lane and before.runs and self.group:
            self.lose_gil(before)
        self.holder, lane.runs, lane.waits = lane, True, False
        self.recorder.runs(lane.id)

    def lose_gil(self, lane: _Lane) -> None:
        """Record that a thread waits in its call, or waits for its turn."""
        lane.runs = False
        call = lane.call
        if call is None or call.name.rpartition(".")[2] not in _WAITING:
            self.recorder.yields(lane.id)
        else:
            lane.waits = True
            self.recorder.events.append((call.since_ns, "waits", lane.id, NOBODY, call.name))

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """Handle what CPython calls around every call."""
        lane = self.current()
        if lane is not None:
            with self.lock:
                self.handle(lane, frame, event, arg)

    def handle(self, lane: _Lane, frame: FrameType, event: str, arg: Any) -> None:
        """Handle one event of a thread."""
        if event == "c_call":
            self.take_gil(lane)
            target = getattr(arg, "__self__", None)
            if target is not None and not isinstance(target, ModuleType):
                self.wake(lane, target)
                self.waiting.setdefault(id(target), lane)
            lane.call = _Call(self.recorder.clock(), _count_waits(), arg.__qualname__, id(target))
        elif event in ("c_return", "c_exception"):
            self.leave_call(lane)
        else:
            self.take_gil(lane)
            if event == "return" and frame.f_code.co_name == "_bootstrap_inner":
                lane.runs = False
                self.holder = None
                self.recorder.done(lane.id)
                self.local.lane = None

    def leave_call(self, lane: _Lane) -> None:
        """Decide whether a call into C was a wait."""
        call, lane.call = lane.call, None
        if call is not None:
            if self.waiting.get(call.target) is lane:
                del self.waiting[call.target]
            is_long = self.recorder.clock() - call.since_ns > _LONG_NS
            if lane.runs and is_long and _count_waits() > call.waits:
                self.recorder.events.append((call.since_ns, "waits", lane.id, NOBODY, call.name))
                lane.runs = False
        self.take_gil(lane)

    def wake(self, lane: _Lane, target: Any) -> None:
        """Record that a thread makes another ready, by a call on what that one waits in."""
        other = self.waiting.get(id(target))
        if other is not None and other.waits:
            other.waits = False
            self.recorder.ready(other.id, lane.id)
            del self.waiting[id(target)]

    def started(self, thread: Any) -> None:
        """Record that this thread starts another one."""
        by = self.current()
        name = thread.name
        if name.startswith("Thread-"):
            name = getattr(getattr(thread, "_target", None), "__qualname__", name)
        lane = self.recorder.created(name, self.group, NOBODY if by is None else by.id)
        self.recorder.ready(lane, NOBODY if by is None else by.id)
        self.starting[thread] = _Lane(lane)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Call the hooks in this thread and in those that it starts."""
        start = threading.Thread.start

        def start_traced(thread: threading.Thread) -> None:
            self.started(thread)
            start(thread)

        threading.Thread.start = start_traced  # type: ignore[assignment,method-assign]
        threading.setprofile(self.profile)
        lane = self.current()
        assert lane is not None
        self.take_gil(lane)
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
            threading.Thread.start = start  # type: ignore[method-assign]
            with self.lock:  # threads that go on are still seen, as is who had the GIL before
                lane.call = None
                self.take_gil(lane)
                lane.runs, self.holder = False, None
                self.recorder.done(lane.id)


def _count_waits() -> int:
    """Return how often this thread left its processor of its own accord; 0 if nobody counts."""
    who = getattr(resource, "RUSAGE_THREAD", None)
    return 0 if who is None else resource.getrusage(who).ru_nvcsw


@contextmanager
def around(recorder: Recorder) -> Iterator[None]:
    """Trace what runs inside."""
    with Hooks(recorder).installed():
        yield
