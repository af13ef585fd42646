"""The models of this runner: a table of how each one is booted, and of what it needs.

A model is an implementation base and a runtime: `uvloop` is `on_asyncio.py` on another event loop.
A model imports its library only when it is booted, so that no model slows down another.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from runner import interpreter
from runner.wire import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Main = Callable[[], Awaitable[None]]

# The same start method on every interpreter and platform that has it. Forking a process that has
# threads is not safe, and a process with an event loop and a pool has threads; Python 3.14 made
# `forkserver` its own default. Rejected: the default of the interpreter, because two Python
# versions would then differ for a reason that is in neither of them.
START_METHOD = "spawn" if sys.platform == "win32" else "forkserver"


class Model(NamedTuple):
    """A runtime for the implementations of one base; docs/adding-a-model.md explains the fields."""

    name: str
    base: str
    boot: Callable[[Main], None] | None = None  # None: implementations are plain functions
    readable: Callable[[int], Any] | None = None  # waits until it can be read; awaited by a loop
    needs: tuple[str, ...] = ()
    since: tuple[int, int] = (3, 11)


def _asyncio(main: Main) -> None:
    import asyncio

    with asyncio.Runner() as runner:
        runner.run(_coroutine(main))


def _asyncio_eager(main: Main) -> None:
    import asyncio

    def eager_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        # mypy checks for 3.11, which has no eager tasks; `since` keeps older interpreters out.
        loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
        return loop

    with asyncio.Runner(loop_factory=eager_loop) as runner:
        runner.run(_coroutine(main))


def _uvloop(main: Main) -> None:
    import asyncio

    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_coroutine(main))


def _trio(main: Main) -> None:
    import trio

    trio.run(main)


def _anyio_asyncio(main: Main) -> None:
    import anyio

    anyio.run(main, backend="asyncio")


def _anyio_trio(main: Main) -> None:
    import anyio

    anyio.run(main, backend="trio")


def _scratch(main: Main) -> None:
    from runner import scratch

    scratch.run(_coroutine(main))


async def _readable_asyncio(descriptor: int) -> None:
    import asyncio

    loop, is_readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, is_readable.set)
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(descriptor)


async def _readable_trio(descriptor: int) -> None:
    import trio

    await trio.lowlevel.wait_readable(descriptor)


async def _readable_anyio(descriptor: int) -> None:
    import anyio

    await anyio.wait_readable(descriptor)


async def _readable_scratch(descriptor: int) -> None:
    from runner import scratch

    await scratch.wait_readable(descriptor)


def _readable_gevent(descriptor: int) -> None:
    from gevent.socket import wait_read

    wait_read(descriptor)


async def _coroutine(main: Main) -> None:
    await main()


MODELS = {
    model.name: model
    for model in (
        Model("sequential", "sequential"),
        Model("asyncio", "asyncio", _asyncio, _readable_asyncio),
        Model("asyncio-eager", "asyncio", _asyncio_eager, _readable_asyncio, since=(3, 12)),
        Model("uvloop", "asyncio", _uvloop, _readable_asyncio, needs=("uvloop",)),
        Model("trio", "trio", _trio, _readable_trio, needs=("trio",)),
        Model("anyio-asyncio", "anyio", _anyio_asyncio, _readable_anyio, needs=("anyio",)),
        Model("anyio-trio", "anyio", _anyio_trio, _readable_anyio, needs=("anyio", "trio")),
        Model("threads", "threads"),
        # Event loops of asyncio, each in a thread of its own; the main thread hands out the work.
        Model("loops", "loops"),
        Model("interpreters", "interpreters", since=(3, 14)),
        Model("processes", "processes"),
        # Plain functions: a greenlet waits where it calls, and the main greenlet is one of them.
        Model("gevent", "gevent", None, _readable_gevent, needs=("gevent",)),
        Model("scratch", "scratch", _scratch, _readable_scratch),
    )
}


def require(name: str) -> Model:
    """Return a model that can run here. Raises Refused if there is none of this name."""
    model = MODELS.get(name)
    if model is None:
        raise Refused(f"no model {name!r}; available: {', '.join(MODELS)}")
    if reason := why_unavailable(model):
        raise Refused(f"{name}: {reason}")
    return model


def why_unavailable(model: Model) -> str | None:
    """Return why a model cannot run on this interpreter, or None if it can."""
    if sys.version_info < model.since:
        needed = ".".join(map(str, model.since))
        return f"needs Python {needed} or later, and this is {sys.version.split()[0]}"
    missing = [name for name in model.needs if find_spec(name) is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        return f"{' and '.join(missing)} {verb} not installed for this interpreter"
    return None


def facts() -> dict[str, Any]:
    """Return the facts about this interpreter that are stored with a result."""
    return {
        "implementation": sys.implementation.name,
        "python": sys.version.split()[0],
        "gil": interpreter.GIL_AT_START,
        "start_method": START_METHOD,
    }
