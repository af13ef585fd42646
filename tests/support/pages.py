"""Reports of constructed runs, and what a page holds once it is parsed."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from html.parser import HTMLParser

from msgspec import structs

from harness.analysis.run_results import Analysis
from harness.claims import ledger
from harness.claims.judge import judge_claims
from harness.paths import ROOT
from harness.presenting.report import page, sources
from harness.results.records import Run
from tests.support.drawings import svg_files
from tests.support.scenes import analysis_of

VOID = {"meta", "input", "br", "link", "img", "hr"}
# What runs a model: its base, or Go's one file a workload.
BASES = {
    "asyncio-eager": "asyncio",
    "uvloop": "asyncio",
    "anyio-asyncio": "anyio",
    "anyio-trio": "anyio",
}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    _said: list[str]  # by the whole page, so far
    _start: int
    _end: int | None = None

    @property
    def text(self) -> str:
        """Return all the text inside."""
        return "".join(self._said[self._start : self._end])

    def close(self) -> None:
        self._end = len(self._said)


@dataclass
class Parsed(HTMLParser):
    """The elements of a page in their order, each with all the text inside it."""

    elements: list[Element] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {key: value or "" for key, value in attrs}
        element = Element(tag, attributes, self._said, len(self._said))
        for key, n in Counter(key for key, _ in attrs).items():
            if n > 1:
                self.mistakes.append(f"<{tag}> has {key} twice")
        self.elements.append(element)
        if tag in VOID:
            element.close()
        else:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            self.mistakes.append(f"</{tag}> closes {[one.tag for one in self._open[-2:]]}")
            return
        self._open.pop().close()

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            one
            for one in self.elements
            if one.tag == tag
            and all(
                value in one.attributes.get(key.strip("_").replace("_", "-"), "").split()
                for key, value in attributes.items()
            )
        ]

    def words(self) -> str:
        (main,) = self.all("main")
        return " ".join(main.text.split())

    @property
    def ids(self) -> list[str]:
        return [one.attributes["id"] for one in self.elements if "id" in one.attributes]


def parsed(text: str) -> Parsed:
    found = Parsed()
    found.feed(text)
    found.close()
    if found._open:
        found.mistakes.append(f"never closed: {[one.tag for one in found._open]}")
    return found


def sourced(analysis: Analysis) -> Analysis:
    """Return a run as if it had been measured with the sources that are here."""
    names = {}
    for cell in analysis.run.cells:
        base = BASES.get(cell.model, cell.model)
        variant = f"__{cell.contestant.variant}" if cell.contestant.variant else ""
        path = f"python/workloads/{cell.workload}/on_{base}{variant}.py"
        if base.startswith("go"):
            path = f"go/workloads/{cell.workload}/{cell.workload}.go"
        if (ROOT / path).is_file():
            names[cell.contestant.key] = path
    digests = {
        path: hashlib.sha256((ROOT / path).read_bytes()).hexdigest() for path in names.values()
    }
    run = structs.replace(analysis.run, implementations=names, sources=digests)
    return replace(analysis, run=run)


@cache
def report_of(scene: str) -> str:
    """Return the report of a scene, with its figures and with the sources that are here."""
    analysis = sourced(analysis_of(scene))
    checked = judge_claims(ledger.load(), analysis)
    return page.render(analysis, sources.read_sources(analysis.run), svg_files(scene), checked)


@cache
def page_of(scene: str) -> Parsed:
    return parsed(report_of(scene))


def bare(analysis: Analysis) -> Parsed:
    """Return the report without figures and sources."""
    return parsed(page.render(analysis, {}, {}))


def with_run(analysis: Analysis, **changes: object) -> Analysis:
    run: Run = structs.replace(analysis.run, **changes)
    return replace(analysis, run=run)
