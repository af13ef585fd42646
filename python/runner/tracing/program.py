"""Run a program once, traced or not, and report its events: `python -m runner trace`."""

from __future__ import annotations

import importlib
import json
import time
from contextlib import AsyncExitStack, ExitStack, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from runner import implementations, models, wire
from runner.tracing import (
    on_asyncio,
    on_gevent,
    on_processes,
    on_scratch,
    on_threads,
    on_trio,
)
from runner.tracing.recorder import Recorder
from runner.work import Params, Probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from types import ModuleType

    from runner.models import Model

PROTOCOL = 1
CLOCKS = {"wall": time.monotonic_ns, "cpu": time.process_time_ns}
SCENES = implementations.ROOT / "scenes"  # programs that are traced, and never measured


class Request(NamedTuple):
    """What to run."""

    program: str
    model: str
    params: dict[str, int | str]
    traced: bool
    clock: str = "wall"  # or `cpu`: the CPU time of this process


class Tracing(NamedTuple):
    """How to trace a model, and what can be seen in that way."""

    sees: str
    boot: Callable[[Recorder, Any], None] | None = None  # runs a coroutine function
    around: Callable[[Recorder], AbstractContextManager[None]] | None = None  # plain functions
    prepare: Callable[[], None] | None = None  # what an untraced run needs too


def _anyio_asyncio(recorder: Recorder, main: Any) -> None:
    import anyio

    options = {"loop_factory": partial(on_asyncio.create_loop, recorder)}
    anyio.run(main, backend="asyncio", backend_options=options)


def _anyio_trio(recorder: Recorder, main: Any) -> None:
    import anyio

    options = {"instruments": [on_trio.Instrument(recorder)]}
    anyio.run(main, backend="trio", backend_options=options)


TRACINGS = {
    "asyncio": Tracing(on_asyncio.SEES, partial(on_asyncio.boot, on_asyncio.create_loop)),
    "asyncio-eager": Tracing(
        on_asyncio.SEES, partial(on_asyncio.boot, on_asyncio.create_eager_loop)
    ),
    "uvloop": Tracing(on_asyncio.SEES_UVLOOP, partial(on_asyncio.boot, on_asyncio.create_uvloop)),
    "trio": Tracing(on_trio.SEES, on_trio.boot),
    "anyio-asyncio": Tracing(on_asyncio.SEES, _anyio_asyncio),
    "anyio-trio": Tracing(on_trio.SEES, _anyio_trio),
    "scratch": Tracing(on_scratch.SEES, on_scratch.boot),
    "gevent": Tracing(on_gevent.SEES, around=on_gevent.around, prepare=on_gevent.prepare),
    "sequential": Tracing(on_threads.SEES, around=on_threads.around),
    "threads": Tracing(on_threads.SEES, around=on_threads.around),
    "processes": Tracing(on_processes.SEES, around=on_processes.around),
}


def parse_request(line: str | bytes) -> Request:
    """Parse a request line. Raises RequestError."""
    try:
        message = json.loads(line)
        if message["protocol"] != PROTOCOL:
            raise wire.RequestError(
                f"request: protocol: found {message['protocol']}, expected {PROTOCOL}"
            )
        return Request(
            message["program"],
            message["model"],
            message["params"],
            message["traced"],
            message.get("clock", "wall"),
        )
    except (ValueError, RecursionError, LookupError, TypeError):
        keys = ", ".join(("protocol", *Request._fields))
        raise wire.RequestError(f"request: expected a JSON object with {keys}") from None


def load(program: str, model: Model) -> ModuleType:
    """Import the implementation of a scene or a workload. Raises Refused if there is none."""
    if (SCENES / program / f"on_{model.base}.py").is_file():
        return importlib.import_module(f"scenes.{program}.on_{model.base}")
    return implementations.load(program, model.name, "")


def run(request: Request, emit: Callable[[dict[str, Any]], None]) -> None:
    """Run a program once and report it."""
    model = models.require(request.model)
    tracing = TRACINGS.get(model.name)
    if tracing is None:
        raise wire.Refused(f"{model.name} cannot be traced: it has no entry in {__name__}.TRACINGS")
    recorder = Recorder(CLOCKS[request.clock])
    one = _Run(load(request.program, model), request, recorder)
    if tracing.prepare is not None:
        tracing.prepare()
    if model.boot is None:
        assert tracing.around is not None
        with tracing.around(recorder) if request.traced else nullcontext():
            one.call()
    elif request.traced:
        assert tracing.boot is not None
        tracing.boot(recorder, one.main)
    else:
        model.boot(one.main)
    for message in recorder.messages():
        emit(message)
    ended = {**one.ended, "cpu_ns": one.ended["cpu_ns"] + recorder.cpu_ns}
    emit({"kind": "ended", **ended, "sees": tracing.sees})


class _Run:
    """One call of a program, with the clocks before and after it."""

    def __init__(self, module: ModuleType, request: Request, recorder: Recorder) -> None:
        self._run = module.run
        self._prepare = getattr(module, "prepare", None)
        self._arguments: tuple[Any, ...] = (Params(request.params), Probe())
        self._recorder = recorder
        self.ended: dict[str, Any] = {}

    def call(self) -> None:
        """Call a program that is a plain function."""
        with ExitStack() as stack:
            if self._prepare is not None:
                prepared = stack.enter_context(self._prepare(*self._arguments))
                self._arguments = (*self._arguments, prepared)
            self._begin()
            self._end(self._run(*self._arguments))

    async def main(self) -> None:
        """Await a program that is a coroutine function."""
        async with AsyncExitStack() as stack:
            if self._prepare is not None:
                prepared = await stack.enter_async_context(self._prepare(*self._arguments))
                self._arguments = (*self._arguments, prepared)
            self._begin()
            self._end(await self._run(*self._arguments))

    def _begin(self) -> None:
        self._cpu_ns = time.process_time_ns()
        self._start_ns = self._recorder.clock()

    def _end(self, answer: Any) -> None:
        end_ns = self._recorder.clock()
        cpu_ns = time.process_time_ns() - self._cpu_ns
        self.ended = {
            "start_ns": self._start_ns,
            "end_ns": end_ns,
            "cpu_ns": cpu_ns,
            "answer": answer,
        }
