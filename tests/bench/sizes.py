"""A million tasks at once in `fanout`."""

from __future__ import annotations

from collections.abc import Iterator

from harness import units
from harness.catalog.contestant import Contestant
from harness.results.records import Cell, Status
from tests.bench import tools
from tests.support.planted.bench import Bench

_MODELS = ("asyncio", "trio", "go")


def rows() -> Iterator[tuple[str, str, str, bool]]:
    bench = Bench.of(tools.inventory())
    for model in _MODELS:
        if tools.runner_of(model) is None:
            continue
        trial = bench.trial(Cell(Contestant("fanout", model), "tasks-1000000"), 0, 0)
        assert trial is not None
        done = trial.status is Status.OK
        measured = f"{trial.status.value} {trial.message}"
        if done:
            elapsed = trial.samples[-1].elapsed_ns
            measured = (
                f"done in {units.format_time(elapsed)}, peak"
                f" {units.format_size(trial.usage.get('peak_bytes', 0))}"
            )
        yield f"1,000,000 {model} tasks in fanout", measured, "completes", done
