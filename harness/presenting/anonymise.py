"""Remove the private data of a machine from what a run stores: its name and its folders. Pure."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from harness.paths import ROOT

if TYPE_CHECKING:
    from harness.behaviours.records import Observation
    from harness.results.records import Run, Trial
    from harness.traces.records import Recording

HOST = "reference"  # instead of the name of the machine
# An absolute path (also `~/` or a drive) up to its last part. Not a slash within a word.
_PATH = re.compile(r"(?<![\w.:/…])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\\"'`:,;()<>]+)+[/\\](?=[^\s/\\])")


def anonymise_run(run: Run) -> Run:
    """Return a run without the name and the paths of its machine."""
    began, _, _ = run.id.partition("-")
    return structs.replace(
        run,
        id=f"{began}-{HOST}",
        machine=structs.replace(run.machine, host=HOST),
        runners=tuple(
            structs.replace(runner, facts=_anonymise_facts(runner.facts)) for runner in run.runners
        ),
        absent=tuple(
            structs.replace(absent, reason=remove_folders(absent.reason)) for absent in run.absent
        ),
        runtimes={label: remove_folders(text) for label, text in run.runtimes.items()},
    )


def anonymise_trial(trial: Trial) -> Trial:
    """Return a trial without paths of its machine."""
    return structs.replace(
        trial,
        message=remove_folders(trial.message),
        stderr_end=remove_folders(trial.stderr_end),
        facts=_anonymise_facts(trial.facts),
        load=_anonymise_facts(trial.load),
        warnings=tuple(map(remove_folders, trial.warnings)),
    )


def anonymise_observation(observation: Observation) -> Observation:
    """Return an observation without paths of its machine."""
    return structs.replace(
        observation,
        evidence=tuple(map(remove_folders, observation.evidence)),
        stderr_end=remove_folders(observation.stderr_end),
        problem=remove_folders(observation.problem),
    )


def anonymise_recording(recording: Recording) -> Recording:
    """Return a recording without paths of its machine."""
    events = (structs.replace(one, text=remove_folders(one.text)) for one in recording.events)
    return structs.replace(
        recording, events=tuple(events), missing=remove_folders(recording.missing)
    )


def _anonymise_facts(facts: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
    return {
        name: remove_folders(value) if isinstance(value, str) else value
        for name, value in facts.items()
    }


def remove_folders(text: str) -> str:
    """Return a text whose paths keep only the name of the file: `…/on_asyncio.py`."""
    for place in (ROOT, Path.home()):  # their names may contain spaces, which _PATH excludes
        text = text.replace(f"{place}{os.sep}", "…/")
    return _PATH.sub("…/", text)
