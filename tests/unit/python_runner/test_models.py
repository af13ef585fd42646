"""runner.models: each model boots its runtime, or gives the reason why it cannot."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from runner import interpreter, models
from runner.wire import Refused

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def asyncio_sleep() -> None:
    import asyncio

    await asyncio.sleep(0)


async def trio_sleep() -> None:
    import trio

    await trio.lowlevel.checkpoint()


async def anyio_sleep() -> None:
    import anyio.lowlevel

    await anyio.lowlevel.checkpoint()


async def scratch_sleep() -> None:
    from runner import scratch

    await scratch.sleep(0)


def running_loop() -> str:
    import asyncio

    return type(asyncio.get_running_loop()).__module__.split(".")[0]


async def tasks_are_eager() -> bool:
    import asyncio

    runs: list[None] = []

    async def record_run() -> None:
        runs.append(None)

    task = asyncio.get_running_loop().create_task(record_run())
    ran_at_once = bool(runs)
    await task
    return ran_at_once


SLEEPS: dict[str, Callable[[], Awaitable[None]]] = {
    "asyncio": asyncio_sleep,
    "anyio": anyio_sleep,
    "trio": trio_sleep,
    "scratch": scratch_sleep,
}
PLAIN = ("sequential", "gevent", "threads", "loops", "interpreters", "processes")
LOOPS = [name for name, model in models.MODELS.items() if model.boot is not None]


@pytest.fixture
def model(request: pytest.FixtureRequest) -> models.Model:
    """Return the model named by the parameter; skip the test if it is unavailable."""
    model = models.MODELS[request.param]
    reason = models.why_unavailable(model)
    if reason:
        pytest.skip(f"{model.name}: {reason}")
    return model


def boot(model: models.Model, main: Callable[[], Awaitable[None]]) -> None:
    assert model.boot is not None
    model.boot(main)


def test_the_table_maps_names_to_models() -> None:
    assert [model.name for model in models.MODELS.values()] == list(models.MODELS)


def test_plain_models_have_nothing_to_boot() -> None:
    assert set(models.MODELS) - set(LOOPS) == set(PLAIN)


@pytest.mark.parametrize("model", LOOPS, indirect=True)
def test_a_model_runs_main_to_its_end_in_the_runtime_of_its_base(model: models.Model) -> None:
    steps: list[str] = []

    async def main() -> None:
        steps.append("starts")
        await SLEEPS[model.base]()
        steps.append("ends")

    boot(model, main)
    assert steps == ["starts", "ends"]


@pytest.mark.parametrize("model", LOOPS, indirect=True)
def test_an_exception_of_main_is_raised_unchanged(model: models.Model) -> None:
    async def main() -> None:
        raise LookupError("a bug of the runner")

    with pytest.raises(LookupError, match="a bug of the runner"):
        boot(model, main)


@pytest.mark.parametrize(
    ("model", "loop"),
    [("asyncio", "asyncio"), ("asyncio-eager", "asyncio"), ("uvloop", "uvloop"),
     ("anyio-asyncio", "asyncio")],
    indirect=["model"],
)  # fmt: skip
def test_a_model_on_asyncio_has_the_right_event_loop(model: models.Model, loop: str) -> None:
    found: list[str] = []

    async def main() -> None:
        found.append(running_loop())

    boot(model, main)
    assert found == [loop]


@pytest.mark.parametrize("model", ["trio", "anyio-trio"], indirect=True)
def test_a_model_on_trio_runs_in_trio(model: models.Model) -> None:
    import trio

    found: list[bool] = []

    async def main() -> None:
        found.append(trio.lowlevel.in_trio_run())

    boot(model, main)
    assert found == [True]


@pytest.mark.parametrize(
    ("model", "eager"),
    [("asyncio", False), ("asyncio-eager", True), ("uvloop", False), ("anyio-asyncio", False)],
    indirect=["model"],
)
def test_tasks_are_eager_only_in_the_eager_model(model: models.Model, *, eager: bool) -> None:
    found: list[bool] = []

    async def main() -> None:
        found.append(await tasks_are_eager())

    boot(model, main)
    assert found == [eager]


@pytest.mark.parametrize(
    ("absent", "model", "reason"),
    [
        ({"uvloop"}, "uvloop", "uvloop is not installed for this interpreter"),
        ({"trio"}, "anyio-trio", "trio is not installed for this interpreter"),
        ({"trio", "anyio"}, "anyio-trio", "anyio and trio are not installed for this interpreter"),
        ({"trio"}, "anyio-asyncio", None),
        ({"uvloop", "trio", "anyio"}, "asyncio", None),
        ({"gevent"}, "gevent", "gevent is not installed for this interpreter"),
        ({"uvloop", "trio", "anyio"}, "scratch", None),
    ],
)
def test_a_missing_library_makes_a_model_unavailable(
    monkeypatch: pytest.MonkeyPatch, absent: set[str], model: str, reason: str | None
) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None if name in absent else "found")
    assert models.why_unavailable(models.MODELS[model]) == reason


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ((3, 11, 7), "needs Python 3.12 or later, and this is 3.11.7"),
        ((3, 12, 0), None),
        ((3, 14, 1), None),
    ],
)
def test_an_old_interpreter_makes_a_model_unavailable(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], reason: str | None
) -> None:
    old = SimpleNamespace(version_info=version, version=".".join(map(str, version)) + " (main)")
    monkeypatch.setattr(models, "sys", old)
    assert models.why_unavailable(models.MODELS["asyncio-eager"]) == reason


@pytest.mark.parametrize(("enabled", "fact"), [(True, True), (False, False), (None, True)])
def test_the_facts_say_whether_the_gil_is_enabled(
    monkeypatch: pytest.MonkeyPatch, *, enabled: bool | None, fact: bool
) -> None:
    fake = SimpleNamespace(implementation=sys.implementation, version=sys.version)
    if enabled is not None:
        fake._is_gil_enabled = lambda: enabled
    monkeypatch.setattr(interpreter, "sys", fake)
    assert interpreter.is_gil_enabled() is fact


def test_facts_have_types_that_the_protocol_allows() -> None:
    assert all(type(value) in (str, int, bool) for value in models.facts().values())


def test_a_model_is_returned_or_refused_with_what_is_available(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert models.require("threads") is models.MODELS["threads"]
    with pytest.raises(Refused, match=r"^no model 'curio'; available: sequential, asyncio, "):
        models.require("curio")
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    with pytest.raises(Refused, match=r"^trio: trio is not installed"):
        models.require("trio")


def test_the_start_method_exists_on_this_platform() -> None:
    import multiprocessing

    assert models.START_METHOD in multiprocessing.get_all_start_methods()
    assert models.START_METHOD != "fork"
