"""What stands at the top of the page and of each topic: findings, and words explained. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.advice import advice
from harness.analysis.findings import client_limited, finding
from harness.analysis.lead import lead_of, rivals
from harness.analysis.run_results import by_topic
from harness.claims import judgement
from harness.claims.surprises import find_surprises, workload_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.analysis.advice import Advice
    from harness.analysis.run_results import Analysis
    from harness.claims.judgement import JudgedClaim
    from harness.presenting.report.view import Section

_MOST_SURPRISES = 5
_QUESTIONS = {
    "Starting": "What does it cost to start?",
    "Waiting": "What does it cost to wait for many things at once?",
    "Handing over": "What does it cost to pass work from one task to another?",
    "Computing": "What happens to work that needs the processor?",
    "Reading": "What does it cost to read pages and files?",
    "Serving": "How many clients can a server serve, and how fast?",
    "Stopping": "What does it cost to cancel work, and to end it in time?",
}
# The names that a reader cannot know from elsewhere.
_NAMES = {
    "sequential": "one thing after the other",
    "asyncio-eager": "asyncio with eager tasks",
    "anyio-asyncio": "AnyIO on asyncio",
    "anyio-trio": "AnyIO on Trio",
    "scratch": "an event loop written for this benchmark: a ready queue, timers, a selector",
    "threads": "a Python thread for each task",
    "loops": "an asyncio loop on each of as many threads as cores",
    "interpreters": "a Python interpreter in the same process for each task",
    "processes": "a Python process for each task",
    "go-1cpu": "Go with one processor",
    "go": "Go with all processors",
}


@dataclass(frozen=True)
class Surprise:
    """A claim that does not hold."""

    says: str
    reading: str  # what exactly was measured
    measured: str
    anchor: str
    workload: str  # its title


@dataclass(frozen=True)
class Topic:
    """Workloads that ask the same; without a heading, all workloads."""

    id: str
    heading: str
    question: str
    answers: tuple[tuple[str, str, str, str], ...]  # anchor, id, title, answer
    sections: tuple[Section, ...]


def surprises(analysis: Analysis, judged: Sequence[JudgedClaim]) -> tuple[Surprise, ...]:
    """Return the claims that are furthest from what was measured, one of each workload."""
    found = find_surprises(judged, _MOST_SURPRISES, one_a_workload=True)
    return tuple(
        Surprise(
            claim.claim.says,
            claim.claim.reading,
            judgement.format_measured(claim),
            f"w-{workload_of(claim)}",
            analysis.workloads[workload_of(claim)].workload.title,
        )
        for claim in found
        if workload_of(claim) in analysis.workloads
    )


def topics(analysis: Analysis, sections: Sequence[Section]) -> tuple[Topic, ...]:
    """Return the sections by topic, each with an answer in a sentence for every workload."""
    by_id = {section.id: section for section in sections}
    return tuple(
        Topic(
            f"t-{heading.lower().replace(' ', '-')}" if heading else "",
            heading,
            _QUESTIONS.get(heading, ""),
            tuple(
                (f"w-{one.workload.id}", one.workload.id, one.workload.title, finding(one))
                for one in results
            ),
            tuple(by_id[f"w-{one.workload.id}"] for one in results),
        )
        for heading, results in by_topic(analysis.workloads.values())
    )


def advice_by_topic(analysis: Analysis) -> list[tuple[str, list[Advice]]]:
    """Return the advice in the order of the topics of the workloads that it rests on."""
    rows = advice(analysis)
    found = []
    for heading, results in by_topic(analysis.workloads.values()):
        ids = {result.workload.id for result in results}
        own = [row for row in rows if row.aspects[0].workload in ids]
        if own:
            found.append((heading, own))
    return found


def undecided(analysis: Analysis) -> str:
    """Return in a sentence or two which workloads have no clear lead; empty if all have one."""
    close, limited = [], []
    for result in analysis.workloads.values():
        cells = rivals(result)
        if not cells or result.workload.is_floor:
            continue
        if client_limited(result.headline):
            limited.append(result.workload.title)
        elif (
            not cells[0].metrics[result.metric.id].has_interval
            or lead_of(cells, result.comparison).undecided
        ):
            close.append(result.workload.title)
    parts = [
        f"No clear best in {', '.join(close)}: a longer run may decide." if close else "",
        f"The load generator was the limit in {', '.join(limited)}: another machine may decide."
        if limited
        else "",
    ]
    return " ".join(filter(None, parts))


def names_in(text: str, models: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return what those names mean that a sentence uses."""
    return names(set(models) & set(re.findall(r"[\w-]+", text)))


def names(models: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return what the names of these models mean, where that is not widely known."""
    return tuple((name, meaning) for name, meaning in _NAMES.items() if name in models)
