"""A small repository whose documents are made from a run of the demo workload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from harness.presenting import readme, reference
from harness.presenting.reference import Repository
from harness.results import store
from harness.results.store import RunWriter
from tests.support.factories import CRASHED, WORKLOAD, cell, run, trial
from tests.support.ledgers import LEDGER, MS

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = "<!-- generated: {} -->\n<!-- end -->\n"
DOCUMENTS = {  # with empty blocks
    name: "# Demo\n\n![All](docs/reference-run/figures/overview.png)\n"
    + "".join(f"\nBefore {block}.\n\n{BLOCK.format(block)}" for block in blocks)
    + "\nThe end.\n"
    for name, blocks in readme.DOCUMENTS.items()
}
OWN = LEDGER[: LEDGER.index('[claims."better-2.0"]')]
PRIVATE = 'File "/srv/someone/secret/python/runner/work.py", line 3, in /srv/x/a.py'


def measured(out: Path, milliseconds: int = 50, times: int = 2, **more: object) -> Path:
    """Write a run of the demo as the harness does, with things that are private to a machine."""
    demo = run([cell(model) for model in ("asyncio", "trio", "threads")])
    machine = structs.replace(demo.machine, host="janes-laptop")
    began = f"{demo.started_at[:4]}0102T030405Z"
    demo = structs.replace(demo, id=f"{began}-janes-laptop", machine=machine, **more)
    writer = RunWriter.create(out, demo)
    for block in range(6):
        writer.append(trial("asyncio", block, (milliseconds + block % 3) * MS))
        writer.append(trial("trio", block, (times * milliseconds + block % 2) * MS))
    writer.append(
        trial(
            "threads",
            6,
            disturbed=("load",),
            **{**CRASHED, "message": PRIVATE, "stderr_end": PRIVATE},
        )
    )
    writer.close()
    return store.find_run(out)


def repository_of(root: Path, folder: Path) -> Repository:
    """Return a repository at `root` with the run of a folder as its reference run."""
    repository = Repository(root)
    (root / "docs").mkdir()
    for name, text in DOCUMENTS.items():
        (root / name).write_text(text, encoding="utf-8")
    repository.ledger.write_text(OWN, encoding="utf-8")
    (root / "docs" / "more.md").write_text("[x](reference-run/figures/demo.png)\n", "utf-8")
    repository.workloads.mkdir(parents=True)
    (repository.workloads / "demo.toml").write_text(WORKLOAD, encoding="utf-8")
    reference.take(folder, repository)
    return repository
