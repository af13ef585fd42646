"""The reference run: takes a run over, writes what is made from it, finds what is out of date.

`python -m harness.presenting.reference` writes, `--check` only looks, `--take RUN` replaces the
run first.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from msgspec import structs

from harness.analysis.analyse import Analysis, analyse
from harness.claims import judge, ledger
from harness.errors import Exit, Problem
from harness.paths import ROOT
from harness.presenting import export, readme
from harness.results import store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.claims.judge import JudgedClaim
    from harness.results.records import Run, Trial

NAME = "reference"  # instead of the name of the machine
_SHOWN = re.compile(r"reference-run/figures/([a-z0-9-]+)\.png")
# A path from the root, or of a user or a drive, up to its last part. Not a slash within a word.
_PATH = re.compile(r"(?<![\w.:/…])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\\"'`:,;()<>]+)+[/\\](?=[^\s/\\])")
_NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]?\d+)?")
_SAME = 1e-9  # of a number: sums may be rounded otherwise on another processor


@dataclass(frozen=True)
class Repository:
    """Where everything stands."""

    root: Path = ROOT

    @property
    def readme(self) -> Path:
        """The document with blocks."""
        return self.root / "README.md"

    @property
    def run(self) -> Path:
        """The committed run."""
        return self.root / "docs" / "reference-run"

    @property
    def ledger(self) -> Path:
        """Our own claims."""
        return self.root / "docs" / "own-claims.toml"

    def text(self) -> str:
        """Return README.md as it is. Raises Problem."""
        try:
            return self.readme.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(f"{self._shown(self.readme)}: cannot be read: {error}") from None

    def figures(self) -> list[str]:
        """Return the names of the figures of the run that documents show."""
        documents = [self.readme, *sorted((self.root / "docs").glob("*.md"))]
        texts = [path.read_text(encoding="utf-8") for path in documents]
        return sorted({name for text in texts for name in _SHOWN.findall(text)})

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


@dataclass(frozen=True)
class Made:
    """Everything that is made from the run, but for the figures."""

    analysis: Analysis
    own: list[JudgedClaim]
    blocks: dict[str, str]
    summaries: dict[str, str]  # by the name of the file

    @classmethod
    def of(cls, repository: Repository) -> Made:
        """Analyse the run, and hold our own claims against it. Raises Problem."""
        analysis = analyse(store.read_run(repository.run), store.read_trials(repository.run, []))
        own = judge.judge_claims(ledger.load([repository.ledger], only=True), analysis)
        return cls(analysis, own, readme.blocks(analysis, own), export.summaries(analysis))


def take(folder: Path, repository: Repository) -> None:
    """Make a run the reference run, without what is private to its machine. Raises Problem."""
    run, warnings = store.read_run(folder), list[str]()
    if run.runner_files:
        raise Problem(
            f"{folder}: found runners from outside, expected a run of what this repository has"
        )
    trials = [_public(trial) for trial in store.read_trials(folder, warnings)]
    if not trials:
        raise Problem(f"{folder}: found no trial, expected a run that was measured")
    run_text = msgspec.json.format(msgspec.json.encode(_neutral(run)), indent=1) + b"\n"
    repository.run.mkdir(parents=True, exist_ok=True)
    lines = b"".join(msgspec.json.encode(trial) + b"\n" for trial in trials)
    for name, data in ((store.RUN_FILE, run_text), (store.TRIALS_FILE, lines)):
        export.write(repository.run / name, data.decode(), "free some space, and do it again")


def write(repository: Repository) -> list[str]:
    """Write blocks, summaries and figures anew; returns what is wrong even so."""
    made = Made.of(repository)
    text = readme.filled(repository.text(), made.blocks)
    advice = "free some space, and do it again"
    export.write(repository.readme, text, advice)
    for name, summary in made.summaries.items():
        export.write(repository.run / name, summary, advice)
    drawn = _draw(made, repository.figures(), repository.run / "figures")
    return [*_unfounded(made), *_undrawn(repository, drawn)]


def stale(repository: Repository) -> list[str]:
    """Return in a line each what is not as the reference run makes it, and what to do."""
    made = Made.of(repository)
    found = [
        f"README.md: block {name}: out of date; `make readme`"
        for name in readme.stale(repository.text(), made.blocks)
    ]
    for name, summary in made.summaries.items():
        path = repository.run / name
        if not path.is_file() or not alike(path.read_text(encoding="utf-8"), summary):
            found.append(f"docs/reference-run/{name}: missing or out of date; `make readme`")
    from harness.presenting.figures import pixels  # matplotlib is slow to import

    with tempfile.TemporaryDirectory() as folder:
        drawn = _draw(made, repository.figures(), Path(folder))
        for name, path in drawn.items():
            committed = repository.run / "figures" / path.name
            if not committed.is_file():
                found.append(f"docs/reference-run/figures/{name}.png: missing; `make readme`")
            elif not pixels.is_same_picture(committed, path):
                found.append(f"docs/reference-run/figures/{name}.png: out of date; `make readme`")
    return [*found, *_unfounded(made), *_undrawn(repository, drawn)]


def alike(text: str, other: str) -> bool:
    """Tell whether two texts are the same but for how their numbers were rounded at the end."""
    if _NUMBER.sub("#", text) != _NUMBER.sub("#", other):
        return False
    numbers, others = (np.array(_NUMBER.findall(one), dtype=float) for one in (text, other))
    return bool(np.allclose(numbers, others, rtol=_SAME, atol=0))


def _draw(made: Made, names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Draw the figures of these names, as far as the run has them: name -> file."""
    from harness.presenting import figures  # as above

    checked = judge.judge_claims(
        ledger.load(), made.analysis
    )  # what documents claim, as in every run
    written = figures.draw(made.analysis, folder, checked, only=names, kinds=("png",))
    return {path.stem: path for path in written}


def _unfounded(made: Made) -> Iterator[str]:
    """Yield the sentences of ours that the run does not bear out."""
    for one in made.own:
        if one.verdict is not judge.Verdict.HOLDS:
            yield (
                f"docs/own-claims.toml: {one.claim.id}: {one.verdict.value}, expected it to hold;"
                " `make claims` says what to do"
            )


def _undrawn(repository: Repository, drawn: dict[str, Path]) -> Iterator[str]:
    for name in repository.figures():
        if name not in drawn:
            yield (
                f"docs/reference-run/figures/{name}.png: shown in a document, but the run has no"
                " such figure; show another, or measure what it needs"
            )


# --- what is private to a machine


def _neutral(run: Run) -> Run:
    """Return a run without the name of its machine, and without paths of it."""
    began, _, _ = run.id.partition("-")
    return structs.replace(
        run,
        id=f"{began}-{NAME}",
        machine=structs.replace(run.machine, host=NAME),
        runners=tuple(structs.replace(one, facts=_facts(one.facts)) for one in run.runners),
        absent=tuple(structs.replace(one, reason=without_paths(one.reason)) for one in run.absent),
    )


def _public(trial: Trial) -> Trial:
    """Return a trial without paths of the machine in what was said."""
    return structs.replace(
        trial,
        message=without_paths(trial.message),
        stderr_end=without_paths(trial.stderr_end),
        facts=_facts(trial.facts),
        load=_facts(trial.load),
        warnings=tuple(map(without_paths, trial.warnings)),
    )


def _facts(facts: dict[str, str | int | bool]) -> dict[str, str | int | bool]:
    return {
        name: without_paths(value) if isinstance(value, str) else value
        for name, value in facts.items()
    }


def without_paths(text: str) -> str:
    """Return a text that names files, and no folders of a machine: `…/on_asyncio.py`."""
    for place in (ROOT, Path.home()):  # also where their names have spaces
        text = text.replace(f"{place}{os.sep}", "…/")
    return _PATH.sub("…/", text)


def main(arguments: Sequence[str], repository: Repository | None = None) -> Exit:
    """Write what is made from the reference run, or say what is stale; a line each."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.presenting.reference", description=__doc__
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    what.add_argument("--take", metavar="RUN", help="make this run the reference run, and write")
    parser.add_argument("--out", type=Path, default=Path("results"), help="where runs are")
    asked = parser.parse_args(arguments)
    repository = repository or Repository()
    try:
        if asked.take:
            take(store.find_run(asked.out, asked.take), repository)
        wrong = stale(repository) if asked.check else write(repository)
    except Problem as problem:
        print(f"reference: {problem}", file=sys.stderr)
        return problem.code
    for line in wrong:
        print(f"reference: {line}", file=sys.stderr)
    return Exit.FAILED if wrong else Exit.SUCCESS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
