"""The reference run: replaces it, writes the files made from it, finds what is out of date.

`python -m harness.presenting.reference` writes the files. `--check` only looks, `--take RUN` first
replaces the run, `--reword` first takes over today's words of the workload files.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from harness.analysis.stored_run import load_run
from harness.behaviours import store as behaviours
from harness.claims import judge, judgement, ledger
from harness.errors import Exit, Problem, explain
from harness.files import read_text, write_file
from harness.paths import ROOT
from harness.presenting import readme, what_happens
from harness.presenting.anonymise import (
    anonymise_observation,
    anonymise_recording,
    anonymise_run,
    anonymise_trial,
)
from harness.presenting.rewording import reword
from harness.results import store
from harness.results.records import SCHEMA_VERSION
from harness.traces import store as traces

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.stored_run import StoredRun
    from harness.claims.judgement import JudgedClaim
    from harness.results.records import Phase, Run, Trial

_FIGURE_LINK = re.compile(r"reference-run/figures/([a-z0-9_-]+)\.png")
_DISK_ADVICE = "free some space, and do it again"


@dataclass(frozen=True)
class Repository:
    """The places of the reference run and of the files made from it."""

    root: Path = ROOT

    @property
    def run(self) -> Path:
        """The directory of the reference run."""
        return self.root / "docs" / "reference-run"

    @property
    def ledger(self) -> Path:
        """The ledger of our own claims."""
        return self.root / "docs" / "own-claims.toml"

    @property
    def workloads(self) -> Path:
        """The folder of today's workload files."""
        return self.root / "harness" / "workloads"

    def read(self, document: str) -> str:
        """Return the text of a document, one of `readme.DOCUMENTS`. Raises Problem."""
        return read_text(self.root / document, document)

    def shown_figures(self, *, without: str = "") -> list[str]:
        """Return the names of the figures of the run that documents show, but for one document."""
        paths = [self.root / "README.md", *sorted((self.root / "docs").glob("*.md"))]
        others = [path for path in paths if path != self.root / without]
        texts = [path.read_text(encoding="utf-8") for path in others]
        return sorted({name for text in texts for name in _FIGURE_LINK.findall(text)})


@dataclass(frozen=True)
class Derived:
    """All that is made from the run, except the figures."""

    run: StoredRun
    judged: list[JudgedClaim]
    own_claims: list[JudgedClaim]
    blocks: dict[str, str]  # by name

    def document_blocks(self, document: str) -> dict[str, str]:
        """Return the blocks that a document must have."""
        return {name: self.blocks[name] for name in readme.DOCUMENTS[document]}


def derive(repository: Repository) -> Derived:
    """Analyse the run and judge our own claims. Raises Problem."""
    from harness.presenting import figures  # matplotlib is slow to import

    run = load_run(repository.run, _tell)
    of_run = run.analysis, run.behaviours, run.traced
    own = judge.judge_claims(ledger.load([repository.ledger], only=True), *of_run)
    judged = judge.judge_claims(ledger.load(), *of_run)  # as in any run
    names = figures.names(run.analysis, judged, run.behaviours, run.traced)
    blocks = readme.render_blocks(run.analysis, own, run.behaviours, run.traced, names)
    return Derived(run, judged, own, blocks)


def take(folder: Path, repository: Repository) -> None:
    """Make a run the reference run, without the private data of its machine. Raises Problem."""
    run, warnings = store.read_run(folder), list[str]()
    if run.runner_files:
        raise Problem(f"{folder}: found external runners, expected only runners of this repository")
    trials = [anonymise_trial(trial) for trial in store.read_trials(folder, warnings)]
    if not trials:
        raise Problem(f"{folder}: found no trial, expected a run that was measured")
    observed, traced = behaviours.read(folder), traces.read(folder)
    if traced is not None:
        traces.by_scene(traced)  # refuses events that no run can have
    for warning in warnings:
        _tell(warning)
    # All was read, so that a damaged file leaves no mixture of two runs.
    _write_run(repository, anonymise_run(run), trials)
    for file in (behaviours.FILE, traces.FILE):
        (repository.run / file).unlink(missing_ok=True)
    if observed is not None:
        behaviours.write(
            repository.run, observed.heading, map(anonymise_observation, observed.observations)
        )
    if traced is not None:
        traces.write(repository.run, traced.heading, map(anonymise_recording, traced.recordings))
    for module in (behaviours, traces):
        module.pack(repository.run)


def take_words(repository: Repository) -> None:
    """Take today's words of the workload files over into the reference run. Raises Problem."""
    texts = {path.stem: read_text(path, path.name) for path in repository.workloads.glob("*.toml")}
    run = reword(store.read_run(repository.run), texts)
    _write_run(repository, run, list(store.read_trials(repository.run, [])))


def _write_run(repository: Repository, run: Run, trials: Iterable[Trial]) -> None:
    """Write a run in the current schema, and as small as it can be: it is kept in a repository."""
    store.write_packed(
        repository.run,
        structs.replace(run, schema_version=SCHEMA_VERSION),
        (
            structs.replace(trial, phases=tuple(map(_shrink_phase, trial.phases)))
            for trial in trials
        ),
    )


def _shrink_phase(phase: Phase) -> Phase:
    """Leave out the latencies of a phase, but for a ladder: the trial has all of them merged."""
    hdr = phase.hdr if phase.loop == "ladder" else ""
    return structs.replace(phase, hdr=hdr, service_hdr="", late_hdr="")


def write(repository: Repository) -> list[str]:
    """Write blocks and figures; returns a line for each problem that remains."""
    from harness.presenting.figures import pixels

    derived = derive(repository)
    texts = {
        document: readme.fill(
            repository.read(document), derived.document_blocks(document), document
        )
        for document in readme.DOCUMENTS
    }
    for document, text in texts.items():
        write_file(repository.root / document, text, _DISK_ADVICE)
    shown = repository.shown_figures()
    drawn = _draw(derived, shown, repository.run / "figures")
    for path in drawn.values():
        pixels.shrink(path)
    for path in _unshown_figures(repository):
        path.unlink()
    return [*_failing_claims(derived), *_impossible_figures(shown, drawn)]


def find_stale(repository: Repository) -> list[str]:
    """Return a line for each thing that is out of date, with what to do.

    The gallery shows every figure. To draw all takes most of a minute, so only those that other
    documents show are drawn and compared.
    """
    derived = derive(repository)
    lines = [
        f"{document}: block {name}: out of date; `make readme`"
        for document in readme.DOCUMENTS
        for name in readme.stale_blocks(
            repository.read(document), derived.document_blocks(document), document
        )
    ]
    with tempfile.TemporaryDirectory() as folder:
        shown = repository.shown_figures(without=readme.GALLERY)
        drawn = _draw(derived, shown, Path(folder))
        lines += _stale_figures(repository, drawn)
    return [*lines, *_failing_claims(derived), *_impossible_figures(shown, drawn)]


def _unshown_figures(repository: Repository) -> list[Path]:
    """Return the pictures of the run that no document shows; a run before it may have had them."""
    shown = set(repository.shown_figures())
    paths = sorted((repository.run / "figures").glob("*.png"))
    return [path for path in paths if path.stem not in shown]


def _stale_figures(repository: Repository, drawn: dict[str, Path]) -> Iterator[str]:
    from harness.presenting.figures import pixels  # matplotlib is slow to import

    for name, path in drawn.items():
        committed = repository.run / "figures" / path.name
        if not committed.is_file():
            yield f"docs/reference-run/figures/{name}.png: missing; `make readme`"
        elif not pixels.is_same_picture(committed, path):
            yield f"docs/reference-run/figures/{name}.png: out of date; `make readme`"
    for path in _unshown_figures(repository):
        yield f"docs/reference-run/figures/{path.name}: shown in no document; `make readme`"


def _draw(derived: Derived, names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Draw the figures of these names, as far as the run has them; returns name -> file."""
    from harness.presenting import figures  # matplotlib is slow to import

    written = figures.draw(
        derived.run.analysis,
        folder,
        derived.judged,
        only=names,
        kinds=("png",),
        observed=derived.run.behaviours,
        traced={**derived.run.traced, **what_happens.select_scenes(derived.run.traced)},
    )
    return {path.stem: path for path in written}


def _failing_claims(derived: Derived) -> Iterator[str]:
    """Yield a line for each of our own claims that does not hold."""
    for result in derived.own_claims:
        if result.verdict is not judgement.ClaimVerdict.HOLDS:
            yield (
                f"docs/own-claims.toml: {result.claim.id}: {result.verdict.value}, expected it to"
                " hold; `make claims` says what to do"
            )


def _impossible_figures(shown: Sequence[str], drawn: dict[str, Path]) -> Iterator[str]:
    """Yield a line for each figure that a document shows and the run does not have."""
    for name in shown:
        if name not in drawn:
            yield (
                f"docs/reference-run/figures/{name}.png: shown in a document, but the run has no"
                " such figure; show another one, or measure what it needs"
            )


def main(arguments: Sequence[str], repository: Repository | None = None) -> Exit:
    """Write the files made from the reference run, or print a line for each one out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m harness.presenting.reference", description=__doc__
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    action.add_argument("--take", metavar="RUN", help="make RUN the reference run, then write")
    action.add_argument(
        "--reword",
        action="store_true",
        help="put today's words of the workload files into the reference run, then write",
    )
    parser.add_argument("--out", type=Path, default=Path("results"), help="where runs are")
    options = parser.parse_args(arguments)
    repository = repository or Repository()
    try:
        if options.take:
            take(store.find_run(options.out, options.take), repository)
        if options.reword:
            take_words(repository)
        problems = find_stale(repository) if options.check else write(repository)
    except Problem as problem:
        return _complain(problem)
    except OSError as error:
        if explained := explain(error):
            return _complain(explained)
        raise
    for line in problems:
        _tell(line)
    return Exit.FAILED if problems else Exit.SUCCESS


def _complain(problem: Problem) -> Exit:
    _tell(str(problem))
    return problem.code


def _tell(text: str) -> None:
    print(f"reference: {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
