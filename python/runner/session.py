"""Runs the cases of one request and reports what happened.

The sequence of steps (grow a batch, warm up, sample, compare answers) is the same for plain
functions and for coroutines; only the timed loop and the two ends of `prepare` differ. So the
sequence is a generator that yields steps, and two small drivers, one plain and one that awaits,
carry them out.
"""

from __future__ import annotations

import traceback
from contextlib import AsyncExitStack, ExitStack
from itertools import repeat
from typing import TYPE_CHECKING, Any

from runner import clock, wire
from runner.work import Params, Probe, Unsupported, Voice

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import ModuleType

    Emit = Callable[[dict[str, Any]], None]
    Act = Callable[[], None]
    Step = Callable[[], Any]
    Steps = Generator[Step, Any, None]

_GROWTH_LIMIT = 1 << 32  # calls in one sample; more means the clock or the work is broken


def _nothing() -> None:
    pass


def run_plain(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    line: Voice | None = None,
    at_the_last: Act = _nothing,
) -> None:
    """Run all cases of an implementation that is a plain function.

    What that says through its probe goes to `line`.
    `at_the_last` is called after the last sample of the last case, while what was prepared for it
    is still up: no clock runs any more, and all of the workers are there.
    """
    steps = _cases(request, module, emit, line or Voice(), _timed, ExitStack, at_the_last)
    try:
        step = next(steps)
        while True:
            try:
                result = step()
            except BaseException as error:  # noqa: BLE001 - handed on, into the sequence
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration:
        return


async def run_awaited(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    line: Voice | None = None,
    at_the_last: Act = _nothing,
) -> None:
    """Run all cases of an implementation that is a coroutine function; otherwise the same."""
    steps = _cases(
        request, module, emit, line or Voice(), _timed_awaited, AsyncExitStack, at_the_last
    )
    try:
        step = next(steps)
        while True:
            try:
                result = await step()
            except BaseException as error:  # noqa: BLE001 - handed on, into the sequence
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration:
        return


def _timed(run: Callable[..., Any], arguments: tuple[Any, ...], calls: int) -> tuple[int, Any]:
    value = None
    start = clock.now_ns()
    for _ in repeat(None, calls):
        value = run(*arguments)
    return clock.now_ns() - start, value


async def _timed_awaited(
    run: Callable[..., Any], arguments: tuple[Any, ...], calls: int
) -> tuple[int, Any]:
    value = None
    start = clock.now_ns()
    for _ in repeat(None, calls):
        value = await run(*arguments)
    return clock.now_ns() - start, value


def _cases(
    request: wire.Request,
    module: ModuleType,
    emit: Emit,
    line: Voice,
    timed: Callable[..., Any],
    stack_type: type[ExitStack | AsyncExitStack],
    at_the_last: Act,
) -> Steps:
    for case in request.cases:
        after = at_the_last if case is request.cases[-1] else _nothing
        try:
            line.case = case.id
            yield from _case(case, module, emit, line, timed, stack_type(), after)
        except Exception as error:  # noqa: BLE001 - whatever an implementation raises is a result
            traceback.print_exc()
            emit(
                {
                    "kind": "error",
                    "case": case.id,
                    "reason": _reason(error),
                    "message": _message(error),
                }
            )


def _reason(error: BaseException) -> str:
    """Return why a case failed; of a group that of any error in it that is not just a crash."""
    if isinstance(error, BaseExceptionGroup):
        reasons = {_reason(one) for one in error.exceptions} - {"crash"}
        return min(reasons, default="crash")
    if isinstance(error, MemoryError):
        return "out_of_memory"
    return "unsupported" if isinstance(error, Unsupported) else "crash"


def _message(error: BaseException) -> str:
    """Return what went wrong; of a group what did first of that which gave the reason."""
    reason = _reason(error)
    while isinstance(error, BaseExceptionGroup):
        error = next(one for one in error.exceptions if _reason(one) == reason)
    return "".join(traceback.format_exception_only(error)).strip()


def _case(
    case: wire.Case,
    module: ModuleType,
    emit: Emit,
    line: Voice,
    timed: Callable[..., Any],
    stack: ExitStack | AsyncExitStack,
    after: Act,
) -> Steps:
    """Take the samples of one case, then report each distinct answer."""
    params, probe = Params(case.params), Probe(line)
    arguments: tuple[Any, ...] = (params, probe)
    answers: dict[str, str] = {}
    taken = 0

    def sample(calls: int, *, warmup: bool) -> Generator[Step, Any, int]:
        nonlocal taken
        cpu_before = clock.cpu_ns()
        elapsed, value = yield lambda: timed(module.run, arguments, calls)
        cpu_after = clock.cpu_ns()
        digest, text = wire.answer(value)
        answers.setdefault(digest, text)
        emit(
            {
                "kind": "sample",
                "case": case.id,
                "iteration": taken,
                "warmup": warmup,
                "elapsed_ns": elapsed,
                "operations": calls * case.operations,
                "cpu_ns": (
                    None
                    if cpu_before is None or cpu_after is None
                    else max(0, cpu_after - cpu_before)
                ),
            }
        )
        taken += 1
        return int(elapsed)

    try:
        if hasattr(module, "prepare"):
            # A pool that must be warm, a file that must exist: made before the clock starts, and
            # given to `run` as its third argument.
            prepared = module.prepare(params, probe)
            if isinstance(stack, AsyncExitStack):
                resource = yield lambda: stack.enter_async_context(prepared)
            else:
                resource = yield lambda: stack.enter_context(prepared)
            arguments = (params, probe, resource)

        calls = 1
        while case.min_sample_ns:
            elapsed = yield from sample(calls, warmup=True)
            if elapsed >= case.min_sample_ns or calls >= _GROWTH_LIMIT:
                break
            # Aim a little past the goal; at most tenfold, as the first call is often slow.
            aim = calls * case.min_sample_ns * 1.2 / max(elapsed, 1)
            calls = max(calls + 1, min(calls * 10, int(aim)))
        for _ in range(case.warmup):
            yield from sample(calls, warmup=True)
        probe.waits.clear()  # what was said while warming up counts no more than its time
        for _ in range(case.iterations):
            yield from sample(calls, warmup=False)
        after()
    finally:
        if isinstance(stack, AsyncExitStack):
            yield stack.aclose
        else:
            yield stack.close

    _report(case, probe, answers, emit)


def _report(case: wire.Case, probe: Probe, answers: dict[str, str], emit: Emit) -> None:
    if probe.waits:
        emit({"kind": "latency", "case": case.id, "hdr": wire.histogram(probe.waits)})
    for digest, text in answers.items():
        emit(
            {
                "kind": "outcome",
                "case": case.id,
                "digest": digest,
                "value": text,
                "observed": probe.observed,
            }
        )
