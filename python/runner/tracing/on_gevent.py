"""gevent: greenlet's trace function, which is called at every switch (greenlet.settrace).

The hub is gevent's loop: while its greenlet runs, it calls callbacks or waits in the kernel. A
greenlet that a timer or an event wakes is resumed at once, without a queue. One that is started or
woken by another greenlet waits in the queue of `loop.run_callback`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runner.tracing.awaited import is_library
from runner.tracing.recorder import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.tracing.recorder import Recorder

GROUP = "hub"
SEES = (
    "every switch of greenlets; while the hub runs, it may wait in the kernel or call callbacks,"
    " which look the same"
)


class Tracer:
    """Knows the lane of each greenlet."""

    def __init__(self, recorder: Recorder, hub: Any, main: Any) -> None:
        self.recorder, self.hub = recorder, hub
        self.lanes = {main: recorder.created("main", GROUP)}
        self.running = self.lanes[main]
        recorder.runs(self.running)

    def switched(self, event: str, greenlets: Any) -> None:
        """Handle a switch from one greenlet to another."""
        if event not in ("switch", "throw"):
            return
        origin, target = greenlets
        if origin is self.hub:
            self.recorder.wakes()
        elif origin in self.lanes:
            if origin.dead:
                self.recorder.done(self.lanes[origin])
            else:
                self.recorder.waits(self.lanes[origin], _describe(origin))
        if target is self.hub:
            self.running = NOBODY
            self.recorder.sleeps(None)
        else:
            self.running = self.lane_of(target)
            self.recorder.runs(self.running)

    def lane_of(self, greenlet: Any) -> int:
        """Return the lane of a greenlet; record a new one."""
        lane = self.lanes.get(greenlet)
        if lane is None:
            name = getattr(greenlet, "name", "Greenlet-")
            if name.startswith("Greenlet-"):
                run = getattr(greenlet, "_run", None)
                name = getattr(run, "__qualname__", type(greenlet).__name__)
            lane = self.lanes[greenlet] = self.recorder.created(name, GROUP, self.running)
        return lane

    def queued(self, callback: Any) -> None:
        """Handle what is given to the loop to be called next: often the switch to a greenlet."""
        greenlet = getattr(callback, "__self__", None)
        greenlet = getattr(greenlet, "greenlet", None) or greenlet
        is_switch = getattr(callback, "__name__", "") == "switch"
        if (
            is_switch
            and hasattr(greenlet, "gr_frame")
            and greenlet is not self.hub
            and self.running != NOBODY
        ):
            self.recorder.ready(self.lane_of(greenlet), self.running)


def _describe(greenlet: Any) -> str:
    """Return the name of the function of a library in which a greenlet waits."""
    frame, name = greenlet.gr_frame, "gevent"
    while frame is not None and is_library(frame.f_code.co_filename):
        name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        frame = frame.f_back
    return name


def prepare() -> None:
    """Create the hub: otherwise the first greenlet would, inside the run."""
    import gevent

    gevent.get_hub()


@contextmanager
def around(recorder: Recorder) -> Iterator[None]:
    """Trace what runs inside."""
    import gevent
    import greenlet

    hub = gevent.get_hub()
    tracer = Tracer(recorder, hub, gevent.getcurrent())
    loop, run_callback = hub.loop, hub.loop.run_callback

    class Loop:
        """The loop with one method replaced: its class is compiled and takes no attributes."""

        def run_callback(self, callback: Any, *args: Any) -> Any:
            tracer.queued(callback)
            return run_callback(callback, *args)

        def __getattr__(self, name: str) -> Any:
            return getattr(loop, name)

    hub.loop = Loop()
    before = greenlet.settrace(tracer.switched)
    try:
        yield
    finally:
        greenlet.settrace(before)
        hub.loop = loop
        recorder.done(tracer.running)
