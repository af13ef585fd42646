"""Processes: what is done for threads, in every process; a child leaves its events in a file.

All processes of a system read the same monotonic clock. A child exists from `Process.start`, and
runs once its interpreter has been prepared and its target is called.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import contextmanager
from itertools import count
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from runner.tracing import on_threads
from runner.tracing.recorder import NOBODY, Recorder, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEES = f"in each process, {on_threads.SEES}; of a child, what happens after its imports"
_LANES = 10_000  # of one process


class _Target:
    """The target of a child process: records what it does there."""

    def __init__(self, target: Callable[..., Any], folder: str, number: int, lane: int) -> None:
        self.target, self.folder, self.number, self.lane = target, folder, number, lane

    def __call__(self, *args: Any, **options: Any) -> Any:
        recorder = Recorder(first_lane=self.number * _LANES)
        hooks = on_threads.Hooks(recorder, f"process {self.number}", self.lane)
        cpu_ns = time.process_time_ns()
        try:
            with hooks.installed():
                return self.target(*args, **options)
        finally:
            record = {"cpu_ns": time.process_time_ns() - cpu_ns, "events": list(recorder.named())}
            path = os.path.join(self.folder, str(self.number))
            with open(f"{path}.part", "w", encoding="utf-8") as file:
                json.dump(record, file)
            os.replace(f"{path}.part", path)


@contextmanager
def around(recorder: Recorder) -> Iterator[None]:
    """Trace what runs inside, and the processes that it starts."""
    import multiprocessing.process

    base, numbers = multiprocessing.process.BaseProcess, count(1)
    start = base.start
    hooks = on_threads.Hooks(recorder)

    with TemporaryDirectory(prefix="loombench-") as folder:

        def start_traced(process: Any) -> None:
            number, by = next(numbers), hooks.current()
            name = process.name
            if "Process-" in name:
                name = shorten(getattr(process._target, "__qualname__", name))  # noqa: SLF001
            lane = recorder.created(
                name,
                f"GIL of process {number}" if hooks.group else "",
                NOBODY if by is None else by.id,
            )
            target = _Target(process._target, folder, number, lane)  # noqa: SLF001
            process._target = target  # noqa: SLF001 - there is no public way to wrap a target
            start(process)

        base.start = start_traced  # type: ignore[assignment,method-assign]
        try:
            with hooks.installed():
                yield
        finally:
            base.start = start  # type: ignore[method-assign]
            for name in os.listdir(folder):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    record = json.load(file)
                recorder.events += [tuple(event) for event in record["events"]]
                recorder.cpu_ns += record["cpu_ns"]
