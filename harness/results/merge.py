"""Merge runs of one machine and configuration into one run, as if it had been measured at once."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from harness.errors import Exit, Problem
from harness.results import store
from harness.results.configuration import find_run_changes
from harness.results.records import SCHEMA_VERSION, Run, Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

_MAX_CHANGES = 6  # that a message lists


def merge_runs(folders: Iterable[Path], target: Path, warn: Callable[[str], None]) -> int:
    """Write the merged run to the new folder `target`. Returns how many trials it has.

    The runs follow each other in order of their start, and so do their blocks. Raises Problem if
    they differ in anything that a trial depends on.
    """
    runs = sorted(
        ((store.read_run(folder), folder) for folder in folders),
        key=lambda run: run[0].started_at,
    )
    merged = merge_headers([run for run, _ in runs])
    for _, folder in runs:
        store.refuse_if_measured(folder)
    if os.path.lexists(target):
        raise Problem(f"{target}: found it already, expected no such folder; choose another --out")
    with _new_folder(target) as part:
        (part / store.RUN_FILE).write_bytes(store.encode_run(merged))
        trials = _renumber_blocks((folder for _, folder in runs), warn)
        return _write_lines(part / store.TRIALS_FILE, trials)


def merge_headers(runs: Sequence[Run]) -> Run:
    """Return what is decided before the first trial, for all runs. Raises Problem."""
    if len(runs) < 2:  # noqa: PLR2004 - one run is merged already
        raise Problem(f"merge: found {len(runs)} run, expected at least two")
    counts = Counter(origin for run in runs for origin in run.origins)
    for id_, count in counts.items():
        if count > 1:
            raise Problem(f"merge: found the run {id_} {count} times, expected each run once")
    first, *others = runs
    for run in runs:
        _refuse_old_schema(run)
    for run in others:
        _refuse_other_configuration(first, run)
    return structs.replace(
        first,
        id=f"{first.origins[0]}-and-{len(counts) - 1}-more",
        budget_s=sum(run.budget_s for run in runs),
        merged=tuple(counts),
    )


def _refuse_old_schema(run: Run) -> None:
    if run.schema_version != SCHEMA_VERSION:
        raise Problem(
            f"{run.id} cannot be merged: found schema_version {run.schema_version}, expected"
            f" {SCHEMA_VERSION}; it can only be shown and drawn",
            Exit.NOT_POSSIBLE,
        )


def _refuse_other_configuration(first: Run, run: Run) -> None:
    changes = find_run_changes(first, run)
    if changes:
        rest = f" and {len(changes) - _MAX_CHANGES} more" if len(changes) > _MAX_CHANGES else ""
        raise Problem(
            f"{run.id} cannot be merged with {first.id}, because they measured different things:"
            f" {'; '.join(changes[:_MAX_CHANGES])}{rest}; compare them instead: loombench compare",
            Exit.NOT_POSSIBLE,
        )


def _renumber_blocks(folders: Iterable[Path], warn: Callable[[str], None]) -> Iterator[Trial]:
    """Yield the trials of all runs; the blocks of each follow those of the one before."""
    next_block = 0
    for folder in folders:
        offset = next_block
        warnings: list[str] = []
        for trial in store.read_trials(folder, warnings):
            block = offset + trial.block
            next_block = max(next_block, block + 1)
            yield structs.replace(trial, block=block)
        for warning in warnings:
            warn(f"{folder.name}: {warning}")


def _write_lines(path: Path, trials: Iterable[Trial]) -> int:
    count = 0
    with path.open("xb") as file:
        for trial in trials:
            file.write(msgspec.json.encode(trial) + b"\n")
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Yield a folder to fill, which becomes `target` once it is whole. Raises Problem."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        yield part
        part.rename(target)
    except OSError as error:
        raise Problem(
            f"{target}: cannot be written: {error.strerror or error}; the runs are unchanged: free"
            " some space, or choose another --out",
            Exit.NOT_POSSIBLE,
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
