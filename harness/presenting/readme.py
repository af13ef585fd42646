"""The generated blocks of documents: findings, advice, behaviours, the machine of a run. Pure.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; all text between is replaced.
"""

from __future__ import annotations

import re
import textwrap
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.advice import advice
from harness.catalog.contestant import DEFAULT_RUNTIME
from harness.claims import judgement
from harness.claims.judgement import ClaimVerdict
from harness.errors import Problem
from harness.presenting import gallery, what_happens
from harness.presenting.export.markdown import escape

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from harness.analysis.advice import Aspect
    from harness.analysis.run_results import Analysis
    from harness.behaviours.judge import Row
    from harness.claims.judgement import JudgedClaim
    from harness.results.records import RunnerFacts
    from harness.traces.store import SceneTraces

GALLERY = "docs/gallery.md"
DOCUMENTS = {  # each document with the blocks that it must have
    "README.md": ("results", "machine"),
    "docs/findings.md": ("other results", "advice"),
    GALLERY: ("gallery",),
    "docs/what-happens.md": tuple(what_happens.QUESTIONS),
}
_SHOWN_FIRST = 5  # claims in the block `results`, in the order of the ledger
_BEGIN = re.compile(r"<!-- generated: (.+?) -->")
_END = "<!-- end -->"
_WIDTH = 110


def render_blocks(
    analysis: Analysis,
    judged: Sequence[JudgedClaim],
    observed: Sequence[Row] = (),
    traced: Mapping[str, SceneTraces] = MappingProxyType({}),
    figures: Sequence[str] = (),
) -> dict[str, str]:
    """Return the text of every block, by name.

    `judged` are our own claims, `figures` the names of the figures of the run.
    """
    return {
        **what_happens.render_blocks(observed, traced),
        "results": _join(_claim_rows(judged[:_SHOWN_FIRST])),
        "other results": _join(_claim_rows(judged[_SHOWN_FIRST:])),
        "advice": _join(_advice_rows(analysis)),
        "machine": f"{_machine(analysis)}\n",
        "gallery": gallery.render(analysis, figures),
    }


def fill(text: str, blocks: Mapping[str, str], file: str) -> str:
    """Return a document with these blocks filled in.

    Raises Problem if a block is unknown, missing, there twice or without an end.
    """
    return "".join(
        f"<!-- generated: {name} -->{_body(blocks[name])}{_END}" if name else body
        for name, body in _split(text, blocks, file)
    )


def stale_blocks(text: str, blocks: Mapping[str, str], file: str) -> list[str]:
    """Return the names of the blocks that are out of date. Raises Problem like `fill`."""
    return [
        name for name, body in _split(text, blocks, file) if name and body != _body(blocks[name])
    ]


def _body(text: str) -> str:
    return f"\n{text}"


def _split(text: str, names: Collection[str], file: str) -> list[tuple[str, str]]:
    """Split a document into blocks with their names, and the text between, whose name is empty."""
    parts: list[tuple[str, str]] = []
    seen: list[str] = []
    while match := _BEGIN.search(text):
        name = match[1]
        if name not in names or name in seen:
            raise Problem(
                f"{file}: found the block {name!r}{' again' if name in seen else ''},"
                f" expected each of {', '.join(names)} once"
            )
        seen.append(name)
        body, end, rest = text[match.end() :].partition(_END)
        if not end or _BEGIN.search(body):
            raise Problem(f"{file}: block {name}: found no end, expected `{_END}`")
        parts += [("", text[: match.start()]), (name, body)]
        text = rest
    missing = [name for name in names if name not in seen]
    if missing:
        raise Problem(f"{file}: found no block `<!-- generated: {missing[0]} -->`, expected one")
    return [*parts, ("", text)]


def _join(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _claim_rows(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    """Yield a table row per claim: what people believe, the sentence, and what was measured."""
    yield "| often believed | finding | measured, with 95% confidence interval |"
    yield "|---|---|---|"
    for result in judged:
        doubt = "" if result.verdict is ClaimVerdict.HOLDS else f" **{result.verdict.value}**"
        measured = f"{judgement.format_measured(result)}{doubt}"
        yield f"| {escape(result.claim.belief)} | {escape(result.claim.says)} | {measured} |"


def _advice_rows(analysis: Analysis) -> Iterator[str]:
    """Yield a table row per kind of work for which something was decided."""
    yield "| your work | judged by | use |"
    yield "|---|---|---|"
    for row in advice(analysis):
        work = row.work
        for aspect in row.aspects:
            if choices := _decided_choices(aspect):
                yield f"| {escape(work)} | {escape(aspect.judged_by)} | {escape(choices)} |"
                work = ""


def _decided_choices(aspect: Aspect) -> str:
    return "; ".join(
        f"{f'in {choice.language}: ' if choice.language else ''}{choice.text}"
        for choice in aspect.choices
        if choice.is_decided
    )


def _machine(analysis: Analysis) -> str:
    """Return the date, the size, the machine and the versions of a run."""
    run = analysis.run
    versions = ", ".join(_version(runner) for runner in run.runners)
    count = analysis.disturbed.trials
    disturbed = f"; other work disturbed {count:,} of the trials" if count else ""
    trials = units.format_count(analysis.trials, "trial")
    blocks = units.format_count(analysis.blocks, "block")
    text = (
        f"Measured on {run.started_at[:10]} (profile {escape(run.profile)}): {trials} in"
        f" {blocks}{disturbed}. Machine: {escape(run.machine.summary)}. {escape(versions)}."
    )
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _version(runner: RunnerFacts) -> str:
    """Return a runner's version and, of the default runtime, those of its libraries.

    Libraries are locked, so further runtimes have the same.
    """
    if runner.runtime == DEFAULT_RUNTIME:
        return runner.summary
    version = runner.summary.partition(" (")[0].partition(" @ ")[0]
    return f"{version} (@ {runner.runtime})"
