"""Each recorder against the truth: on a clock that only work moves, a lane runs while it works.

Nothing here sleeps: the programs only give up their turn.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import anyio
import pytest
import trio

from harness.traces import checks, scene
from harness.traces.lanes import State, Trace
from runner import scratch
from runner.models import MODELS
from runner.tracing import on_asyncio, on_gevent, on_threads, program
from runner.tracing.recorder import Recorder
from tests.support.traces import Work

NAMED = ("five", "seven", "forever")
Boot = Callable[[Recorder, Any], None]


async def asyncio_program(work: Work) -> None:
    async def task(amount: int) -> None:
        work(amount)
        await asyncio.sleep(0)
        work(amount)

    work(1)
    async with asyncio.TaskGroup() as group:
        group.create_task(task(5), name="five")
        group.create_task(task(7), name="seven")
    work(1)


async def trio_program(work: Work) -> None:
    async def task(amount: int) -> None:
        work(amount)
        await trio.lowlevel.checkpoint()
        work(amount)

    work(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(task, 5, name="five")
        nursery.start_soon(task, 7, name="seven")
    work(1)


async def anyio_program(work: Work) -> None:
    async def task(amount: int) -> None:
        work(amount)
        await anyio.lowlevel.checkpoint()
        work(amount)

    work(1)
    async with anyio.create_task_group() as group:
        group.start_soon(task, 5, name="five")
        group.start_soon(task, 7, name="seven")
    work(1)


async def scratch_program(work: Work) -> None:
    async def five() -> None:
        work(5)
        await scratch.checkpoint()
        work(5)

    async def seven() -> None:
        work(7)
        await scratch.checkpoint()
        work(7)

    work(1)
    async with scratch.TaskGroup() as group:
        group.spawn(five())
        group.spawn(seven())
    work(1)


EAGER = pytest.param(
    asyncio_program,
    "asyncio-eager",
    marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="needs Python 3.12"),
)


def run(boot: Boot | None, main: Callable[[Work], Any], *, ticks: int = 0) -> Trace:
    work = Work(ticks)
    assert boot is not None
    boot(work.recorder, lambda: main(work))
    return work.trace()


def totals(trace: Trace) -> dict[str, int]:
    return {lane.name: lane.total_ns(State.RUNNING) for lane in trace.lanes if lane.name in NAMED}


@pytest.mark.parametrize(
    ("main", "model"),
    [
        (asyncio_program, "asyncio"),
        (asyncio_program, "uvloop"),
        EAGER,
        (trio_program, "trio"),
        (anyio_program, "anyio-asyncio"),
        (anyio_program, "anyio-trio"),
        (scratch_program, "scratch"),
    ],
)
def test_a_task_runs_as_long_as_it_works(main: Any, model: str) -> None:
    trace = run(program.TRACINGS[model].boot, main)
    assert totals(trace) == {"five": 10, "seven": 14}
    assert trace.total_ns(State.RUNNING) == trace.length_ns == 26
    assert checks.find_overlaps(trace) == []
    assert trace.total_ns(State.READY) > 0  # while one works, the other waits for its turn


def test_a_greenlet_runs_as_long_as_it_works() -> None:
    gevent = pytest.importorskip("gevent")
    work = Work()

    def task(amount: int) -> None:
        work(amount)
        gevent.sleep(0)
        work(amount)

    with on_gevent.around(work.recorder):
        greenlets = [gevent.Greenlet(task, amount) for amount in (5, 7)]
        for greenlet, name in zip(greenlets, ("five", "seven"), strict=True):
            greenlet.name = name
            greenlet.start()
        gevent.joinall(greenlets)
        work(2)
    trace = work.trace()
    assert totals(trace) == {"five": 10, "seven": 14}
    assert trace.total_ns(State.RUNNING) == trace.length_ns == 26


def test_a_thread_runs_while_it_has_the_gil() -> None:
    work = Work()
    turns = {"five": threading.Lock(), "seven": threading.Lock()}

    def task(me: str, other: str, amount: int) -> None:
        for _ in range(2):
            turns[me].acquire()
            work(amount)
            turns[other].release()

    with on_threads.around(work.recorder):
        turns["seven"].acquire()
        threads = [
            threading.Thread(target=task, args=("five", "seven", 5), name="five"),
            threading.Thread(target=task, args=("seven", "five", 7), name="seven"),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        work(2)
    trace = work.trace()
    assert checks.find_overlaps(trace) == []
    assert totals(trace) == {"five": 10, "seven": 14}
    assert trace.total_ns(State.RUNNING) == trace.length_ns == 26
    ids = {lane.name: lane.id for lane in trace.lanes}
    woke = {(flow.source, flow.target) for flow in trace.flows}
    assert (ids["five"], ids["seven"]) in woke or (ids["seven"], ids["five"]) in woke


def test_a_thread_that_goes_on_after_the_run_leaves_a_sound_trace() -> None:
    work, over = Work(ticks=1), threading.Event()
    with on_threads.around(work.recorder):
        thread = threading.Thread(target=lambda: (over.wait(), len("abc")), name="five")
        thread.start()
    over.set()
    thread.join()
    main, five = work.trace().lanes
    assert main.is_done
    assert five.spans[-1].end_ns > main.spans[-1].end_ns


# --- who woke whom, and what for


def test_a_task_that_ends_wakes_its_group_even_through_callbacks() -> None:
    trace = run(program.TRACINGS["asyncio"].boot, asyncio_program)
    main, five, seven = (lane.id for lane in trace.lanes[:3])
    assert [(flow.source, flow.target) for flow in trace.flows if flow.target == main] == [
        (seven, main)
    ]
    assert {(flow.source, flow.target) for flow in trace.flows if flow.source == main} == {
        (main, five),
        (main, seven),
    }


def waits(trace: Trace) -> set[str]:
    return {
        span.text for lane in trace.lanes for span in lane.spans if span.state is State.WAITING
    } - {""}


class OpenLock(asyncio.Lock):
    async def acquire(self) -> bool:
        return True

    def release(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(("kind", "waited"), [(asyncio.Lock, True), (OpenLock, False)])
def test_a_lock_that_does_not_lock_shows_because_nobody_waits_for_it(
    kind: type[asyncio.Lock], *, waited: bool
) -> None:
    async def main(work: Work) -> None:
        lock = kind()

        async def update() -> None:
            async with lock:
                work(1)
                await asyncio.sleep(0)

        await asyncio.gather(update(), update())

    found = waits(run(program.TRACINGS["asyncio"].boot, main))
    assert ("Lock.acquire" in found) is waited


@pytest.mark.parametrize("swallows", [False, True])
def test_a_task_that_swallows_its_cancellation_shows_because_it_runs_on(*, swallows: bool) -> None:
    async def main(work: Work) -> None:
        async def forever() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if not swallows:
                    raise
            work(3)

        task = asyncio.create_task(forever(), name="forever")
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    trace = run(program.TRACINGS["asyncio"].boot, main)
    assert totals(trace) == {"forever": 3 if swallows else 0}


class TimersFirst:
    """A loop that puts what a timer wakes before all that is ready."""

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> Any:
        by_timer = self.tracer.cause.text == "timer"  # type: ignore[attr-defined]
        handle = super().call_soon(callback, *args, context=context)  # type: ignore[misc]
        if by_timer:
            self._ready.rotate(1)  # type: ignore[attr-defined]
        return handle


@pytest.mark.parametrize("planted", [False, True])
def test_a_loop_that_runs_timers_before_ready_tasks_has_overtakes(*, planted: bool) -> None:
    async def main(work: Work) -> None:
        async def spin() -> None:
            for _ in range(50):
                work(1)
                await asyncio.sleep(0)

        async def tick() -> None:
            for _ in range(5):
                await asyncio.sleep(1e-9)

        await asyncio.gather(spin(), spin(), tick())

    def create(recorder: Recorder) -> Any:
        loop = on_asyncio.create_loop(recorder)
        if planted:
            loop.__class__ = type("Planted", (TimersFirst, type(loop)), {})
        return loop

    trace = run(lambda recorder, main: on_asyncio.boot(create, recorder, main), main, ticks=1)
    assert (checks.count_overtakes(trace) > 0) is planted


# --- what there is


def test_every_base_has_every_scene() -> None:
    scenes = {id_: one for id_, one in scene.load_folder().items() if not one.workload}
    assert scenes.keys() == {path.name for path in program.SCENES.glob("[a-z]*")}
    for one in scenes.values():
        for model in MODELS.values():
            has_library = model.base != "gevent" or find_spec("gevent") is not None
            if has_library and model.name not in one.not_applicable:
                assert callable(program.load(one.id, model).run)


def test_every_model_can_be_traced() -> None:
    assert program.TRACINGS.keys() | scene.NOT_TRACED.keys() == MODELS.keys()
    for name, tracing in program.TRACINGS.items():
        assert (tracing.boot is None) == (MODELS[name].boot is None)
        assert (tracing.around is None) != (tracing.boot is None)
