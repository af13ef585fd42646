"""The page from an analysis, drawings and sources. Pure."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness import units
from harness.analysis import drift
from harness.analysis.advice import advice
from harness.analysis.findings import finding, overall
from harness.presenting.report import svg, view

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.analyse import Analysis
    from harness.claims.judge import JudgedClaim
    from harness.presenting.report.sources import Source
    from harness.results.records import Machine

_TEMPLATES = Path(__file__).parent / "templates"
_MOST_OF_FIGURES = 3_000_000  # characters in all; the page stays below 5 MB


def text(
    analysis: Analysis,
    sources: Mapping[str, Source],
    drawings: Mapping[str, str],
    checked: Sequence[JudgedClaim] = (),
) -> str:
    """Return the report. `drawings` are SVG files by the name of their figure."""
    pictures = _pictures(drawings)
    results = list(analysis.workloads.values())
    sections = [
        view.section(analysis, result, sources, _of_workload(pictures, result.workload.id))
        for result in results
    ]
    script = (_TEMPLATES / "page.js").read_text(encoding="utf-8").strip()
    digest = hashlib.sha256(script.encode()).digest()
    return (
        _environment()
        .get_template("page.html")
        .render(
            run=analysis.run,
            analysis=analysis,
            # Both are ours, and no part of them comes from a run.
            style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8").strip()),  # noqa: S704
            script=Markup(script),  # noqa: S704
            script_digest=base64.b64encode(digest).decode(),
            answer=overall(results),
            answers=[
                (f"w-{one.workload.id}", one.workload.id, one.workload.title, finding(one))
                for one in results
            ],
            overview=pictures.get("overview"),
            advice=advice(analysis),
            case_id=view.case_id,
            models=_models(analysis),
            sections=sections,
            claims=view.claims(checked),
            scorecard=pictures.get("claims"),
            machine=_machine(analysis.run.machine),
            facts=_facts(analysis),
            runners=[
                (
                    units.language_name(one.language),
                    one.version.removeprefix("go"),
                    ", ".join(f"{key} {value}" for key, value in one.facts.items()),
                )
                for one in analysis.run.runners
            ],
            drift=pictures.get("drift"),
            drift_finding=drift.finding(analysis.probes) if analysis.probes else "",
            has_figures=bool(drawings),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )


def _printable(value: object) -> object:
    """Take out of a text what would steer its reader: controls, and marks that turn its order."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return units.printable(value)
    return value


def _pictures(drawings: Mapping[str, str]) -> dict[str, view.Picture]:
    """Read the drawings, as many as there is room for; of the others it is said."""
    found: dict[str, view.Picture] = {}
    room = _MOST_OF_FIGURES
    for number, (name, drawing) in enumerate(drawings.items(), 1):
        if len(drawing) > room:
            found[name] = view.Picture(name, None, "", "It is too large to be part of this page.")
            continue
        try:
            figure = svg.read(drawing, f"f{number}-")
        except svg.NoFigureError as error:
            found[name] = view.Picture(name, None, "", f"It cannot be shown: {error}.")
            continue
        room -= len(figure.inside)
        found[name] = view.Picture(name, figure, figure.title or name)
    return found


def _of_workload(pictures: Mapping[str, view.Picture], id_: str) -> tuple[view.Picture, ...]:
    """Return the figures of a workload, its main one first."""
    own = [one for name, one in pictures.items() if name == id_ or name.startswith(f"{id_}-")]
    return tuple(sorted(own, key=lambda one: (one.name != id_, one.name)))


def _models(analysis: Analysis) -> list[str]:
    """Return the models that take part, in their order."""
    there = {one.model for one in analysis.run.cells}
    there |= {one.cell.model for one in analysis.run.absent}
    return [model for model in analysis.models if model in there]


def _machine(machine: Machine) -> list[tuple[str, str]]:
    facts = [
        ("processor", machine.cpu),
        ("cores", str(machine.logical_cores)),
        ("memory", units.format_size(machine.memory_bytes)),
        ("system", machine.system),
        ("virtual", machine.virtualisation or ""),
        ("host", machine.host),
        ("load before", "" if machine.load_1min is None else f"{machine.load_1min:g}"),
    ]
    return [(name, value) for name, value in facts if value]


def _facts(analysis: Analysis) -> list[tuple[str, str]]:
    run = analysis.run
    return [
        ("begun", run.started_at.replace("T", " ")),
        ("profile", run.profile),
        ("budget", units.format_clock(run.budget_s)),
        ("precision", f"{100 * run.precision:g}%"),
        ("seed", str(run.seed)),
        (
            "measured",
            f"{units.format_count(analysis.trials, 'trial')} in"
            f" {units.format_count(analysis.blocks, 'block')}",
        ),
        (
            "disturbed",
            f"{units.format_count(analysis.disturbed, 'trial')}, by other work on the machine"
            if analysis.disturbed
            else "",
        ),
    ]
