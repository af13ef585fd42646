"""asyncio, on its own loop or on uvloop: a loop that records what passes through `call_soon`.

A task becomes ready when its next step is given to `loop.call_soon`, and runs while the loop calls
that step. Both are public: asyncio itself recognises a step by its `__self__`, which is the task.
Rejected: wrapping Handle._run, which uvloop does not have, and wrapping coroutines, which shows
neither when a task becomes ready nor who wakes it.

A callback that is no step, such as the one with which a task group learns of the end of a task,
carries the lane that asked for it, so that the task group's wake-up has the right cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from runner.tracing.awaited import describe_wait
from runner.tracing.recorder import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.tracing.recorder import Recorder

GROUP = "loop"
SEES = (
    "every step of every task, and what is given to call_soon; not callbacks of transports, nor"
    " threads and processes that tasks use"
)
SEES_UVLOOP = f"{SEES}, nor when uvloop waits in the kernel"


class _Cause(NamedTuple):
    """Why a task is woken while no task runs."""

    by: int = NOBODY
    text: str = "I/O"


class Tracer:
    """Knows the lane of each task, and which one runs."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.lanes: dict[Any, int] = {}  # task, or the coroutine of one that starts eagerly -> lane
        self.unnamed: set[int] = set()  # before 3.12, a task gets its name after it is scheduled
        self.running: list[int] = []  # more than one if tasks start eagerly
        self.cause = _Cause()

    def wrap(self, callback: Any, cause: _Cause | None = None) -> Any:
        """Return a callback that does the same and is recorded; a step makes its task ready."""
        if isinstance(callback, (_Step, _Callback)):
            return callback
        task = getattr(callback, "__self__", None)
        if hasattr(task, "get_coro"):
            lane = self.lane_of(task)
            by = self.running[-1] if self.running else self.cause.by
            self.recorder.ready(lane, by, "" if by != NOBODY else self.cause.text)
            return _Step(self, callback, task, lane)
        if cause is None:
            cause = _Cause(self.running[-1]) if self.running else self.cause
        return _Callback(self, callback, cause)

    def lane_of(self, task: Any) -> int:
        """Return the lane of a task; a new one is seen first when its first step is scheduled."""
        lane = self.lanes.get(task)
        if lane is None:
            lane = self.lanes.get(task.get_coro())
        if lane is None:
            lane = self.create(task.get_coro().__qualname__)
            self.unnamed.add(lane)
        self.lanes[task] = lane
        return lane

    def begin(self, lane: int, task: Any) -> None:
        """Record that the step of a task begins."""
        self.recorder.runs(lane)
        self.running.append(lane)
        if lane in self.unnamed:
            self.unnamed.remove(lane)
            name = task.get_name()
            if not name.startswith("Task-"):
                self.recorder.names[lane] = name

    def create(self, name: str) -> int:
        """Record a new lane, created by the one that runs."""
        return self.recorder.created(name, GROUP, self.running[-1] if self.running else NOBODY)

    def stop(self, lane: int, task: Any) -> None:
        """Record that the step of a task has ended: it waits, or is done."""
        if task.done():
            self.recorder.done(lane)
        else:
            self.recorder.waits(lane, describe_wait(task.get_coro()))

    def start_eagerly(
        self, factory: Callable[..., Any], loop: Any, coro: Any, **options: Any
    ) -> Any:
        """Create a task whose first step runs at once, inside the step of its creator."""
        lane = self.lanes[coro] = self.create(coro.__qualname__)
        if self.running:
            self.recorder.yields(self.running[-1])
        self.recorder.runs(lane)
        self.running.append(lane)
        try:
            task = factory(loop, coro, **options)
        finally:
            self.running.pop()
        self.lanes[task] = lane
        if not task.get_name().startswith("Task-"):
            self.recorder.names[lane] = task.get_name()
        self.stop(lane, task)
        if self.running:
            self.recorder.runs(self.running[-1])
        return task


class _Step:
    """A step of a task, as the loop calls it."""

    def __init__(self, tracer: Tracer, step: Any, task: Any, lane: int) -> None:
        self.tracer, self.step, self.task, self.lane = tracer, step, task, lane

    def __call__(self, *args: Any) -> None:
        tracer = self.tracer
        tracer.begin(self.lane, self.task)
        try:
            self.step(*args)
        finally:
            tracer.running.pop()
            tracer.stop(self.lane, self.task)


class _Callback:
    """Any other callback: what it wakes has the cause of the callback."""

    def __init__(self, tracer: Tracer, callback: Any, cause: _Cause) -> None:
        self.tracer, self.callback, self.cause = tracer, callback, cause

    def __call__(self, *args: Any) -> None:
        tracer = self.tracer
        before, tracer.cause = tracer.cause, self.cause
        try:
            self.callback(*args)
        finally:
            tracer.cause = before


class Hooks:
    """Replaces the methods of a loop through which everything gets its turn."""

    tracer: Tracer

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call it in the next iteration: a step makes its task ready."""
        return super().call_soon(self.tracer.wrap(callback), *args, context=context)  # type: ignore[misc]

    def call_soon_threadsafe(self, callback: Any, *args: Any, context: Any = None) -> Any:
        """Do the same for another thread."""
        wrapped = _Callback(self.tracer, callback, _Cause(text="another thread"))
        return super().call_soon_threadsafe(wrapped, *args, context=context)  # type: ignore[misc]

    def call_later(self, delay: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call it after a delay in s: what it wakes is woken by a timer."""
        timer = self.tracer.wrap(callback, _Cause(text="timer"))
        return super().call_later(delay, timer, *args, context=context)  # type: ignore[misc]

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> Any:
        """Call it at a time of the loop's clock."""
        timer = self.tracer.wrap(callback, _Cause(text="timer"))
        return super().call_at(when, timer, *args, context=context)  # type: ignore[misc]


class Selector:
    """A selector that records when the loop waits in it."""

    def __init__(self, recorder: Recorder) -> None:
        import selectors

        self._inner = selectors.DefaultSelector()
        self._recorder = recorder

    def select(self, timeout: float | None = None) -> Any:
        """Wait for events."""
        self._recorder.sleeps(timeout)
        try:
            return self._inner.select(timeout)
        finally:
            self._recorder.wakes()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def create_loop(recorder: Recorder) -> Any:
    """Return asyncio's own loop with hooks."""
    import asyncio

    return _hook(recorder, asyncio.SelectorEventLoop, Selector(recorder))


def create_eager_loop(recorder: Recorder) -> Any:
    """Return the same loop, on which tasks start eagerly."""
    import asyncio

    loop = create_loop(recorder)
    factory = getattr(asyncio, "eager_task_factory")  # noqa: B009 - mypy checks for 3.11
    loop.set_task_factory(
        lambda loop, coro, **options: loop.tracer.start_eagerly(factory, loop, coro, **options)
    )
    return loop


def create_uvloop(recorder: Recorder) -> Any:
    """Return a loop of uvloop with hooks."""
    import uvloop

    return _hook(recorder, uvloop.Loop)


def _hook(recorder: Recorder, base: type, *args: Any) -> Any:
    traced = type("TracedLoop", (Hooks, base), {"tracer": Tracer(recorder)})
    return traced(*args)


def boot(create: Callable[[Recorder], Any], recorder: Recorder, main: Any) -> None:
    """Run a coroutine function on a traced loop."""
    import asyncio

    with asyncio.Runner(loop_factory=lambda: create(recorder)) as runner:
        runner.run(main())
