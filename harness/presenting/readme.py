"""The blocks of README.md that are made from a run: what was found, what to use, on what. Pure.

A block stands between `<!-- generated: NAME -->` and `<!-- end -->`; all between is written anew.
"""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from harness import units
from harness.analysis.advice import advice
from harness.claims import judge
from harness.claims.judge import Verdict
from harness.errors import Problem
from harness.presenting.export.markdown import escaped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.analysis.advice import Aspect
    from harness.analysis.analyse import Analysis
    from harness.claims.judge import JudgedClaim

BLOCKS = ("results", "advice", "machine")
_BEGIN = re.compile(r"<!-- generated: (\S+) -->")
_WIDTH = 110
_END = "<!-- end -->"


def blocks(analysis: Analysis, checked: Sequence[JudgedClaim]) -> dict[str, str]:
    """Return the text of every block by its name; `checked` are our own claims."""
    texts = (_lines(_results(checked)), _lines(_advice(analysis)), f"{_machine(analysis)}\n")
    return dict(zip(BLOCKS, texts, strict=True))


def filled(text: str, made: Mapping[str, str], file: str = "README.md") -> str:
    """Return a document with its blocks as they were made.

    Raises Problem where a block is unknown, missing, there twice or without an end.
    """
    return "".join(
        f"<!-- generated: {name} -->{_body(made[name])}{_END}" if name else body
        for name, body in _parts(text, made, file)
    )


def stale(text: str, made: Mapping[str, str], file: str = "README.md") -> list[str]:
    """Return the names of the blocks that are not as they were made. Raises Problem as `filled`."""
    return [name for name, body in _parts(text, made, file) if name and body != _body(made[name])]


def _body(text: str) -> str:
    return f"\n{text}"


def _parts(text: str, made: Mapping[str, str], file: str) -> list[tuple[str, str]]:
    """Return a document in parts: blocks with their names, and what stands between with none."""
    parts: list[tuple[str, str]] = []
    names: list[str] = []
    while match := _BEGIN.search(text):
        name = match[1]
        if name not in made or name in names:
            raise Problem(
                f"{file}: found the block {name!r}{' again' if name in names else ''},"
                f" expected each of {', '.join(made)} once"
            )
        names.append(name)
        body, end, rest = text[match.end() :].partition(_END)
        if not end or _BEGIN.search(body):
            raise Problem(f"{file}: block {name}: found no end of it, expected `{_END}`")
        parts += [("", text[: match.start()]), (name, body)]
        text = rest
    missing = [name for name in made if name not in names]
    if missing:
        raise Problem(f"{file}: found no block `<!-- generated: {missing[0]} -->`, expected one")
    return [*parts, ("", text)]


def _lines(lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _results(checked: Sequence[JudgedClaim]) -> Iterator[str]:
    """Yield a row for each claim: what we say, and what was measured."""
    yield "| what was found | measured, with its 95% interval |"
    yield "| --- | --- |"
    for one in checked:
        doubt = "" if one.verdict is Verdict.HOLDS else f" **{one.verdict.value}**"
        yield f"| {escaped(one.claim.says)} | {judge.format_measured(one)}{doubt} |"


def _advice(analysis: Analysis) -> Iterator[str]:
    """Yield a row for each thing to choose by."""
    yield "| if your work is | judged by | use |"
    yield "| --- | --- | --- |"
    for row in advice(analysis):
        work = row.work
        for aspect in row.aspects:
            yield f"| {escaped(work)} | {escaped(aspect.judged_by)} | {escaped(_use(aspect))} |"
            work = ""


def _use(aspect: Aspect) -> str:
    return "; ".join(
        f"{f'in {choice.language}: ' if choice.language else ''}{choice.text}"
        for choice in aspect.choices
    )


def _machine(analysis: Analysis) -> str:
    """Return on what, with what and when it was measured."""
    run = analysis.run
    versions = ", ".join(runner.summary for runner in run.runners)
    disturbed = f", {analysis.disturbed:,} disturbed by other work" if analysis.disturbed else ""
    text = (
        f"Measured on {run.started_at[:10]}:"
        f" {units.format_count(analysis.trials, 'trial')}{disturbed},"
        f" in {units.format_count(analysis.blocks, 'block')} (profile {escaped(run.profile)}) on"
        f" {escaped(run.machine.summary)}. {escaped(versions)}."
    )
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
