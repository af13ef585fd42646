"""What a fleet costs and gains, and how often the intervals over its hosts hold."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from harness.catalog.contestant import Contestant
from harness.measuring.allocate import Allocator
from harness.measuring.fleet.dask_cluster import DaskCluster
from harness.measuring.fleet.dispatch import Fleet
from harness.measuring.fleet.messages import Settings
from harness.measuring.fleet.parcel import pack
from harness.measuring.plan import Profile
from harness.measuring.processes.running_time import Budget
from harness.results.records import Cell, Trial
from harness.results.store import RunWriter
from harness.statistics.between_hosts import pool_hosts
from harness.statistics.distributions import t_quantile
from tests.bench.tools import amount
from tests.support import factories
from tests.support.simulated_fleet import SimulatedCluster, Told, named

Row = tuple[str, str, str, bool]

_SLEEPING = Path(__file__).parents[1] / "support" / "sleeping_host"
_HOSTS, _BLOCKS, _SLEEP_S = 4, 40, 0.5
_WORKER = "--nthreads 1 --no-nanny --no-dashboard --host 127.0.0.1 --resources loombench=1"
_MANY_HOSTS, _MANY_BLOCKS, _MANY_CASES = 100, 10_000, 20
_MOST_BYTES = 500 * 10**6
_USUAL_BLOCK_S = 3.0
_LEAST, _MOST = 0.93, 0.97
_RUNS = 20_000
_NOISE = 0.06  # of a block: what the reference run has
_EFFECTS = (0.0, 0.05, 0.2)
_COUNTS = (5, 10, 20)
_BLOCKS_OF = {"equal": (8,), "unequal": (4, 12, 6, 9, 20)}  # of each host, repeated


def rows() -> Iterator[Row]:
    with _workers(_HOSTS, _SLEEP_S) as address:
        several_s = _time_blocks(address, _BLOCKS, _HOSTS)
    with _workers(1, _SLEEP_S) as address:
        blocks = _BLOCKS // _HOSTS
        one_s = _time_blocks(address, blocks, 1) / blocks
    times = _BLOCKS * one_s / several_s
    yield (
        f"blocks of {_HOSTS} hosts, relative to one host in the same time",
        f"{times:.2f}x ({_BLOCKS} blocks of {_SLEEP_S:g} s)",
        "at least 3.6x",
        times >= 3.6,
    )
    overhead_ms = 1e3 * (one_s - _SLEEP_S)
    yield (
        "time of a block on a worker beyond the block itself",
        f"{overhead_ms:.1f} ms",
        "at most 50 ms",
        overhead_ms <= 50,
    )
    yield _many_row()


@contextmanager
def _workers(count: int, sleep_s: float) -> Iterator[str]:
    """Start a scheduler and workers whose blocks are sleeps; yields the address."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        env = {
            **os.environ,
            "XDG_CACHE_HOME": folder,
            "DASK_TEMPORARY_DIRECTORY": folder,
            "LOOMBENCH_TEST_SLEEP_S": str(sleep_s),
        }
        started = []

        def start(role: str, options: str) -> None:
            command = [sys.executable, "-m", "dask", role, *options.split()]
            started.append(
                subprocess.Popen(
                    [*command, "--scheduler-file", str(file)],
                    env=env,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )

        try:
            start("scheduler", "--host 127.0.0.1 --port 0 --no-dashboard")
            while not file.exists():
                time.sleep(0.1)
            for _ in range(count):
                start("worker", _WORKER)
            yield json.loads(file.read_text())["address"]
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def _time_blocks(address: str, blocks: int, hosts: int) -> float:
    """Return how many seconds a fleet takes for so many blocks, once it is there."""
    told = Told()
    with DaskCluster(address, pack(_SLEEPING, ("harness",))) as cluster:
        while len(cluster.workers()) < hosts:
            time.sleep(0.1)
        fleet = Fleet(cluster, Settings(), told.told)
        fleet.assemble(lambda: False)
        plan = _allocator(1)
        began = time.perf_counter()
        fleet.run(
            islice(plan.blocks(), blocks),
            plan.has_trial,
            Budget(1e9),
            plan.record,
            told,
            lambda: False,
        )
        took_s = time.perf_counter() - began
    assert len(set(told.blocks)) == len(told.blocks) == blocks, told.texts
    return took_s


def _allocator(cases: int) -> Allocator:
    ids = [f"demo{number}" for number in range(cases)]
    cells = [Cell(Contestant(id_, model), "headline") for id_ in ids for model in ("asyncio", "go")]
    workloads = {id_: factories.workload(id_=id_) for id_ in ids}
    profile = Profile("bench", budget_s=1, min_blocks=100, sweeps=False, thorough=False)
    return Allocator(cells, workloads, 7, profile, 1e-9)


def _many_row() -> Row:
    hosts, blocks = _MANY_HOSTS, amount(_MANY_BLOCKS, 200)
    cluster = SimulatedCluster(named([f"host{number}" for number in range(hosts)]))
    told, plan = Told(), _allocator(_MANY_CASES)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        writer = RunWriter.create(Path(folder), factories.run())
        fleet = Fleet(cluster, Settings(), told.told, clock=cluster.clock)
        fleet.assemble(lambda: False)

        def store(trial: Trial) -> str:
            """Store as `Campaign.measure` does."""
            writer.append(trial, sync=False)
            remark = plan.record(trial)
            if plan.is_complete(trial):
                writer.sync()
            return remark

        began = time.perf_counter()
        fleet.run(
            islice(plan.blocks(), blocks), plan.has_trial, Budget(1e9), store, told, lambda: False
        )
        each_s = (time.perf_counter() - began) / blocks
        writer.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    busy = each_s * hosts / _USUAL_BLOCK_S
    return (
        f"coordinator with {hosts} simulated hosts and {blocks:,} blocks",
        f"{len(set(told.blocks)):,} stored; {1e3 * each_s:.1f} ms a block, so {busy:.0%} busy with"
        f" blocks of {_USUAL_BLOCK_S:g} s; peak {peak / 1e6:.0f} MB (before: {before / 1e3:.0f})",
        "all stored once, below 100% busy and 500 MB",
        len(set(told.blocks)) == len(told.blocks) == blocks and busy < 1 and peak < _MOST_BYTES,
    )


def coverage_rows() -> Iterator[Row]:
    """Tell how often the interval and the prediction interval over equal hosts hold."""
    rng = np.random.default_rng(1)
    runs = amount(_RUNS, 50)
    for effect in _EFFECTS:
        for kind, blocks_of in _BLOCKS_OF.items():
            for hosts in _COUNTS:
                yield _coverage_row(rng, runs, effect, kind, np.resize(blocks_of, hosts))


def _coverage_row(
    rng: np.random.Generator, runs: int, effect: float, kind: str, blocks: np.ndarray
) -> Row:
    """Simulate runs of hosts with so many blocks each, whose true ratio is 1."""
    hosts = blocks.size
    within = _NOISE / np.sqrt(blocks)
    means = rng.normal(0, effect, (runs, hosts)) + rng.normal(0, 1, (runs, hosts)) * within
    following = rng.normal(0, effect, runs) + rng.normal(
        0, _NOISE / np.sqrt(np.median(blocks)), runs
    )
    covered = predicted = 0
    for logs, next_log in zip(means, np.exp(following), strict=True):
        pooled = pool_hosts(np.exp(logs).tolist())
        assert pooled is not None
        covered += pooled.low <= 1 <= pooled.high
        predicted += pooled.next_low <= next_log <= pooled.next_high
    rival = _hartung_knapp_coverage(rng, means, blocks)
    return (
        f"hosts that differ by {effect:.0%}: {hosts} hosts, {kind} numbers of blocks",
        f"interval {covered / runs:.1%}, prediction {predicted / runs:.1%}"
        f" (DerSimonian-Laird with Hartung-Knapp: {rival:.1%})",
        f"{_LEAST:.0%} to {_MOST:.0%} of {runs:,}",
        _LEAST <= covered / runs <= _MOST and _LEAST <= predicted / runs <= _MOST,
    )


def _hartung_knapp_coverage(
    rng: np.random.Generator, means: np.ndarray, blocks: np.ndarray
) -> float:
    """Return how often the rejected interval contains the true ratio."""
    chi = np.stack([rng.chisquare(count - 1, len(means)) / (count - 1) for count in blocks], 1)
    variances = _NOISE**2 * chi / blocks
    hosts = blocks.size
    weights = 1 / variances
    fixed = (weights * means).sum(1) / weights.sum(1)
    q = (weights * (means - fixed[:, None]) ** 2).sum(1)
    scale = weights.sum(1) - (weights**2).sum(1) / weights.sum(1)
    between = np.maximum(0, (q - (hosts - 1)) / scale)
    weights = 1 / (variances + between[:, None])
    mean = (weights * means).sum(1) / weights.sum(1)
    error = (weights * (means - mean[:, None]) ** 2).sum(1) / (hosts - 1) / weights.sum(1)
    return float(np.mean(np.abs(mean) <= t_quantile(hosts - 1, 0.05) * np.sqrt(error)))
