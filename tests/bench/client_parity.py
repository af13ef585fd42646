"""`fetch` and `scrape` through the harness against the same clients written by hand without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from harness.catalog.workload import SITE_PORT, ModelCase
from harness.measuring.processes import child
from harness.measuring.runners import protocol
from harness.measuring.servers.cores import split_allowed_cores
from harness.measuring.servers.site import SiteDriver
from tests.bench import tools

_SIZES = {"fetch": "pages", "scrape": "workers"}
_MODELS = ("asyncio", "trio", "threads", "go")
_CALLS = 12  # in each process; the first is the warm-up
_PAIRS = 5
_BAR = 1.05


def rows() -> Iterator[tuple[str, str, str, bool]]:
    for workload, size in _SIZES.items():
        for model in _MODELS:
            if tools.runner_of(model) is None:
                continue
            case = tools.inventory().workloads[workload].resolve("headline", model)
            ratios = [_ratio(case, int(case.params[size]), pair) for pair in range(_PAIRS)]
            middle = median(ratios)
            yield (
                f"{workload}, {model}: harness over hand-written",
                f"{middle:.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} pairs)",
                f"at most {_BAR}",
                middle <= _BAR,
            )


def _ratio(case: ModelCase, size: int, pair: int) -> float:
    """Return the ratio of a pair of processes; which of the two goes first alternates."""
    sides = {"harness": _through_harness, "hand": _by_hand}
    order = sorted(sides, reverse=pair % 2 == 1)
    times = {}
    for side in order:
        with _site_of(case) as site:
            times[side] = sides[side](case, size, site)
    return times["harness"] / times["hand"]


@contextmanager
def _site_of(case: ModelCase) -> Iterator[SiteDriver]:
    command = tools.inventory().runners.load_command
    site = SiteDriver(command, split_allowed_cores(), 2**40, lambda: False)
    try:
        assert site.start([case]), site.failure
        yield site
    finally:
        site.finish()


def _through_harness(case: ModelCase, _: int, site: SiteDriver) -> float:
    runner = tools.runner_of(case.model)
    assert runner is not None
    line = tools.request(
        case.workload,
        case.model,
        case.id,
        params={**case.params, SITE_PORT: site.ports[case.id]},
        warmup=1,
        iterations=_CALLS - 1,
    )
    times = []

    def on_line(text: bytes) -> str:
        message = protocol.decode_message(text)
        if isinstance(message, protocol.SampleTaken) and not message.warmup:
            times.append(message.elapsed_ns)
        return ""

    command = [*runner.command_for(case.workload.id), "run"]
    _run(command, {**tools.environment(), **runner.env}, line, on_line, site)
    return median(times)


def _by_hand(case: ModelCase, size: int, site: SiteDriver) -> float:
    words = [case.workload.id, case.model, str(site.ports[case.id]), str(size), str(_CALLS)]
    program = (
        (str(tools.bare_go("clients.go")),)
        if case.model == "go"
        else tools.python(str(tools.BARE / "clients.py"))
    )
    times: list[int] = []

    def on_line(text: bytes) -> str:
        times.extend(map(int, text.split()))
        return ""

    _run([*program, *words], tools.environment(), b"", on_line, site)
    return median(times)


def _run(command, environment, line, on_line, site: SiteDriver) -> None:
    result = child.run(
        command, environment, line, child.Limits(120, 2**40), on_line, cores=site.cores.server
    )
    assert result.returncode == 0, result.stderr_end
