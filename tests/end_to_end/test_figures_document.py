"""docs/reading-the-figures.md: a section for each kind of figure, with its picture and limits."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

import pytest
from msgspec import structs

from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.paths import ROOT
from harness.presenting import figures
from tests.support import factories
from tests.support.choice_maps import planted
from tests.support.scenes import analysis_of, workloads

TEXT = (ROOT / "docs" / "reading-the-figures.md").read_text("utf-8")
SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n?)*)", re.MULTILINE)
SECTIONS = {title.lower(): " ".join(body.split()) for title, body in SECTION.findall(TEXT)}
MAIN = "a workload"
SHARED = "what all figures share"


def kind(name: str) -> str:
    """Return the section that a figure belongs to, by the name of its file."""
    workload, _, rest = name.partition("-")
    if workload not in workloads():
        return "claims" if workload == "claims" else name
    if rest.startswith("map-"):
        return "map"
    return "scaling" if rest.startswith("over-") else rest or MAIN


@cache
def kinds() -> set[str]:
    runs = (planted(), *map(analysis_of, ("many workloads", "a thorough run of a server")))
    claims = ledger.load()
    names = [name for run in runs for name in figures.names(run, judge_claims(claims, run))]
    return {kind(name) for name in [*names, *_on_two_runtimes()]}


def _on_two_runtimes() -> set[str]:
    """Return the figures that only a run of two runtimes has."""
    here = factories.cell("asyncio")
    there = structs.replace(here, contestant=structs.replace(here.contestant, runtime="3.14t"))
    of_one, of_both = (
        set(figures.names(factories.analysed(*chain(*trials)), []))
        for trials in (
            [factories.trials(here, [10, 11])],
            [factories.trials(here, [10, 11]), factories.trials(there, [12, 13])],
        )
    )
    return of_both - of_one


def test_every_kind_of_figure_has_a_section_and_no_other_has() -> None:
    assert set(SECTIONS) - {SHARED} == kinds()
    assert len(kinds()) == 12


@pytest.mark.parametrize("title", sorted(set(SECTIONS) - {SHARED}))
def test_a_section_has_a_picture_of_its_kind_a_question_and_what_not_to_conclude(
    title: str,
) -> None:
    body = SECTIONS[title]
    (picture,) = re.findall(r"!\[[^\]]+\]\((?:reference-run/)?figures/([\w-]+)\.png\)", body)
    assert kind(picture) == title
    assert "**Question:** " in body
    assert "**Do not conclude** " in body
