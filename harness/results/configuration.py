"""Compare two runs, or a run with this machine and its files: each difference in words.

Pure. A run is resumed, or merged with another one, only if nothing differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.results.records import Machine, Run, RunnerFacts

_ABSENT = "absent"
_MAX_DETAIL = 60  # characters of an old and a new value that are shown


def find_changes(kind: str, before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what differs between two tables: `workload noop has changed`."""
    changes = []
    for name in sorted(before.keys() | now.keys()):
        old, new = before.get(name, _ABSENT), now.get(name, _ABSENT)
        if old != new:
            changes.append(f"{kind} {name}{_describe(old, new)}".strip())
    return changes


def _describe(old: str, new: str) -> str:
    if len(old) + len(new) < _MAX_DETAIL:
        return f" was {old}, is {new}"
    if _ABSENT in (old, new):
        return f" was {_ABSENT}" if old == _ABSENT else f" is {_ABSENT}"
    return " has changed"


def find_machine_changes(before: Machine, now: Machine) -> list[str]:
    """Return what differs of what is known of both. Memory may be added before a run goes on."""
    common = (before.identity.keys() & now.identity.keys()) - {"memory_bytes"}
    known = ({name: one.identity[name] for name in common} for one in (before, now))
    return find_changes("machine", *known)


def list_versions(runners: Iterable[RunnerFacts]) -> dict[str, str]:
    """Return the version and the facts of each runner: libraries, settings."""
    versions = {}
    for runner in runners:
        versions[f"runner {runner.key}"] = runner.version
        versions |= {f"{runner.key}: {fact}": str(value) for fact, value in runner.facts.items()}
    return versions


def find_run_changes(before: Run, now: Run) -> list[str]:
    """Return all that two runs do not share and that their trials depend on."""
    return [
        *find_machine_changes(before.machine, now.machine),
        *find_changes("", list_versions(before.runners), list_versions(now.runners)),
        *find_changes("setting", _list_settings(before), _list_settings(now)),
        *find_changes("workload", before.workloads, now.workloads),
        *find_changes("contestant", _list_cells(before), _list_cells(now)),
        *find_changes("implementation", before.implementations, now.implementations),
        *find_changes("source", before.sources, now.sources),
    ]


def _list_settings(run: Run) -> dict[str, str]:
    """Return what the user chose, as the options are called."""
    return {
        "--profile": run.profile,
        "--precision": f"{100 * run.precision:g}%",
        "--blocks": f"{run.blocks or 'by profile'}",
        "--alone": "on" if run.alone else "off",
        "--runner": ", ".join(run.runner_files) or "none",
        "revision": run.revision or "none",
        **{f"--env {name}": value for name, value in run.env.items()},
        **{f"--runtime {label}": text for label, text in run.runtimes.items()},
        **{f"host {host.id}": repr(host.kind) for host in run.hosts},
    }


def _list_cells(run: Run) -> dict[str, str]:
    measured = dict.fromkeys(run.cells, "measured")
    absent = {one.cell: one.absence.label for one in run.absent}
    return {
        f"{cell.workload} {cell.name} ({cell.case})": how
        for cell, how in (measured | absent).items()
    }
