"""Replace the words of workload files inside a stored run, without measuring again. Pure.

A run keeps the text of its workload files. Better words for titles, rules, labels, reasons and
advice change nothing that was measured, so a stored run can take them over.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

from msgspec import structs

from harness.catalog import workload_file
from harness.errors import Exit, Problem
from harness.results.records import SCHEMA_VERSION, Absence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.catalog.workload import Workload
    from harness.results.records import AbsentCell, Run


def reword(run: Run, texts: Mapping[str, str]) -> Run:
    """Return a run with the texts of today's workload files, by workload id.

    Raises Problem for a workload in which more than words has changed.
    """
    old = {id_: _parse(id_, text) for id_, text in run.workloads.items()}
    new = {id_: _parse(id_, text) for id_, text in texts.items() if id_ in old}
    for id_, workload in old.items():
        if id_ not in new:
            raise Problem(
                f"{id_}: found no workload file of this id, expected one; measure again:"
                " `make reference`",
                Exit.NOT_POSSIBLE,
            )
        _check_same_measurement(workload, new[id_])
    return structs.replace(
        run,
        schema_version=SCHEMA_VERSION,
        workloads={id_: texts[id_] for id_ in old},
        absent=tuple(
            _reword_absence(absent, old[absent.cell.workload], new[absent.cell.workload])
            for absent in run.absent
        ),
    )


def _parse(id_: str, text: str) -> Workload:
    return workload_file.parse(id_, text, f"{id_}.toml", from_outside=True)


def _check_same_measurement(old: Workload, new: Workload) -> None:
    """Raise Problem if two versions of a workload are not measured in the same way."""
    before, after = _without_words(old), _without_words(new)
    changed = [
        field.name
        for field in fields(before)
        if not _is_same(getattr(before, field.name), getattr(after, field.name))
    ]
    if changed:
        raise Problem(
            f"{new.id}.toml: found a change of {', '.join(changed)} since the run, expected a"
            " change of words only; measure again: `make reference`",
            Exit.NOT_POSSIBLE,
        )


def _is_same(value: object, other: object) -> bool:
    """Compare two values; the order counts too: the first metric of a workload is its headline."""
    if isinstance(value, dict) and isinstance(other, dict):
        return list(value.items()) == list(other.items())
    return value == other


def _without_words(workload: Workload) -> Workload:
    """Return a workload with only those parts that decide what is measured, and how."""
    return replace(
        workload,
        title="",
        question="",
        topic="",
        rules=(),
        text="",
        advice=None,
        late=None,
        params={name: replace(param, meaning="") for name, param in workload.params.items()},
        cases={
            name: replace(case, label="", group="", disturbance_ns=0)
            for name, case in workload.cases.items()
        },
        metrics={name: replace(metric, label="") for name, metric in workload.metrics.items()},
        limits=tuple(replace(limit, reason="") for limit in workload.limits),
        exclusions=tuple(replace(exclusion, reason="") for exclusion in workload.exclusions),
        not_applicable=dict.fromkeys(workload.not_applicable, ""),
    )


def _reword_absence(absent: AbsentCell, old: Workload, new: Workload) -> AbsentCell:
    """Return an absent cell with the reason in today's words, if a workload file gives it."""
    if absent.absence not in (Absence.NOT_APPLICABLE, Absence.LIMITED):
        return absent
    for before, after in zip(_reasons(old), _reasons(new), strict=True):
        if absent.reason.endswith(before):
            return structs.replace(absent, reason=absent.reason.removesuffix(before) + after)
    return absent


def _reasons(workload: Workload) -> Iterator[str]:
    """Yield every reason of a workload file, always in the same order."""
    yield from workload.not_applicable.values()
    yield from (exclusion.reason for exclusion in workload.exclusions)
    yield from (limit.reason for limit in workload.limits)
