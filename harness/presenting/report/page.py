"""Render the report page from an analysis, SVGs and source files. Pure."""

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
from harness.analysis.findings import overall
from harness.analysis.first_look import first_look
from harness.behaviours.store import FILE as BEHAVIOURS_FILE
from harness.catalog.workload import NOT_ADVISED, order_models
from harness.presenting.report import claims_view, map_view, summary, svg, versus_view, view
from harness.results.store import RUN_FILE, TRIALS_FILE
from harness.statistics.estimates import MARGIN_PERCENT
from harness.traces.scene import FIGURES
from harness.traces.store import FILE as TRACES_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harness.analysis.run_results import Analysis
    from harness.claims.judgement import JudgedClaim
    from harness.presenting.report.behaviours_view import BehavioursSection
    from harness.presenting.report.sources import SourceFile
    from harness.presenting.report.traces_view import SceneDetails
    from harness.results.records import Machine

_TEMPLATES = Path(__file__).parent / "templates"
_SCRIPTS = ("page.js", "versus.js")
_LONG_FACT = "config_args"  # in `run.json`
_UNTITLED = ("overview", "claims", "drift")  # the page has their title as a sentence above them
_DATA = {
    RUN_FILE: "the plan and the machine, written before the first trial",
    TRIALS_FILE: "one line per trial, in execution order",
    BEHAVIOURS_FILE: "one line per probe, with its evidence",
    TRACES_FILE: "one line per scene and model, with its events",
    "summary.csv": "estimates and intervals, in base units",
    "summary.json": "estimates and intervals, in base units",
}
_MOST_FIGURE_TEXT = 3_000_000  # characters of all SVGs; the page stays below 5 MB

Facts = list[tuple[str, str]]  # name and value


def render(
    analysis: Analysis,
    sources: Mapping[str, SourceFile],
    svgs: Mapping[str, str],
    judged: Sequence[JudgedClaim] = (),
    behaviours: BehavioursSection | None = None,
    scenes: Sequence[SceneDetails] = (),
    files: Collection[str] = (),
) -> str:
    """Return the page. `svgs` are the texts of SVG files, by the name of their figure.

    `files` are the names of the files beside the page.
    """
    answer = overall(list(analysis.workloads.values()))
    styles = svg.StyleSheet()
    pictures = _pictures(svgs, styles)
    return (
        _environment()
        .get_template("page.html")
        .render(
            run=analysis.run,
            analysis=analysis,
            first_look=first_look(analysis),
            picture_style=styles.css,
            pictures=pictures,
            has_figures=bool(svgs),
            data_files=_data_files(files),
            case_id=view.case_id,
            models=_models(analysis, behaviours),
            behaviours=behaviours,
            scenes=scenes,
            claims=claims_view.section(judged),
            maps=map_view.sections(analysis, pictures),
            versus=versus_view.section(analysis),
            answer=answer,
            surprises=summary.surprises(analysis, judged),
            answer_names=summary.names_in(answer, analysis.models),
            names=summary.names(analysis.models),
            not_advised=summary.names(NOT_ADVISED & set(analysis.models)),
            undecided=summary.undecided(analysis),
            advice=summary.advice_by_topic(analysis),
            margin_percent=MARGIN_PERCENT,
            sections=(sections := _sections(analysis, sources, pictures)),
            topics=summary.topics(analysis, sections),
            **_style_and_script(),
            **_machine_and_run(analysis),
        )
    )


def _style_and_script() -> dict[str, str]:
    """Return the style and the script of the page, which are ours: no part comes from a run."""
    script = "\n".join(map(_read_template, _SCRIPTS))
    return {
        "style": Markup(_read_template("page.css")),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "script_digest": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def _data_files(files: Collection[str]) -> Facts:
    """Return each data file that exists, under the name that it has, and what is in it."""
    found = []
    for name, content in _DATA.items():
        stored = next((one for one in (name, f"{name}.gz") if one in files), None)
        if stored is not None:
            found.append((stored, content))
    return found


def _read_template(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8").strip()


def _sections(
    analysis: Analysis,
    sources: Mapping[str, SourceFile],
    pictures: Mapping[str, view.Picture],
) -> list[view.Section]:
    return [
        view.section(analysis, result, sources, _workload_pictures(pictures, result.workload.id))
        for result in analysis.workloads.values()
    ]


def _machine_and_run(analysis: Analysis) -> dict[str, object]:
    """Return what the section on the machine and the run shows."""
    return {
        "machine": _machine_facts(analysis.run.machine),
        "facts": _run_facts(analysis),
        "runners": [
            (
                units.language_name(runner.language) + runner.key.removeprefix(runner.name),
                runner.version.removeprefix("go"),
                ", ".join(
                    f"{key} {value}" for key, value in runner.facts.items() if key != _LONG_FACT
                ),
            )
            for runner in analysis.run.runners
        ],
        "disturbance": analysis.disturbed.describe(analysis.trials),
        "drift_finding": drift.finding(analysis.probes) if analysis.probes else "",
    }


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_make_printable,
    )


def _make_printable(value: object) -> object:
    """Replace control characters and marks that change the direction of text."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return units.printable(value)
    return value


def _pictures(svgs: Mapping[str, str], styles: svg.StyleSheet) -> dict[str, view.Picture]:
    """Return a picture for each SVG; those that do not fit or cannot be shown have a reason."""
    pictures: dict[str, view.Picture] = {}
    room = _MOST_FIGURE_TEXT
    for number, (name, text) in enumerate(svgs.items(), 1):
        if len(text) > room:
            pictures[name] = view.Picture(name, None, "", "It is too large for this page.")
            continue
        try:
            safe = svg.make_safe(text, f"f{number}-", styles)
        except svg.UnusableSvgError as error:
            pictures[name] = view.Picture(name, None, "", f"It cannot be shown: {error}.")
            continue
        room -= len(safe.content)
        has_sentence = name in _UNTITLED or name.startswith(FIGURES)
        shown = safe.without_title() if has_sentence else safe
        pictures[name] = view.Picture(name, shown, safe.title or name)
    return pictures


def _workload_pictures(pictures: Mapping[str, view.Picture], id_: str) -> tuple[view.Picture, ...]:
    """Return the figures of a workload, its main figure first."""
    chosen = [
        picture
        for name, picture in pictures.items()
        if name == id_ or (name.startswith(f"{id_}-") and not map_view.is_map(name, id_))
    ]
    return tuple(sorted(chosen, key=lambda picture: (picture.name != id_, picture.name)))


def _models(analysis: Analysis, behaviours: BehavioursSection | None) -> list[str]:
    """Return the models of the run and of its behaviours, in their order."""
    models = {cell.model for cell in analysis.run.cells}
    models |= {absent.cell.model for absent in analysis.run.absent}
    observed = behaviours.models if behaviours is not None else ()
    known = order_models((*analysis.models, *observed))
    return [model for model in known if model in {*models, *observed}]


def _machine_facts(machine: Machine) -> Facts:
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


def _run_facts(analysis: Analysis) -> Facts:
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
            f"{units.format_count(analysis.disturbed.trials, 'trial')}, by other work"
            if analysis.disturbed.trials
            else "",
        ),
        ("hosts", ", ".join(host.id for host in run.hosts)),
    ]
