"""A small repository whose README.md is made from a run of the demo workload."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from harness.presenting import reference
from harness.presenting.reference import Repository
from harness.results import store
from harness.results.store import RunWriter
from tests.support.factories import CRASHED, cell, run, trial
from tests.support.ledgers import LEDGER, MS

BLOCK = "<!-- generated: {} -->\n<!-- end -->\n"
README = (
    "# Demo\n\n![All](docs/reference-run/figures/overview.png)\n"
    + "".join(f"\nBefore {name}.\n\n{BLOCK.format(name)}" for name in reference.readme.BLOCKS)
    + "\nThe end.\n"
)
OWN = LEDGER[: LEDGER.index('[claims."better-2.0"]')]
PRIVATE = 'File "/srv/someone/secret/python/runner/work.py", line 3, in /srv/x/a.py'


def measured(out: Path, milliseconds: int = 50, times: int = 2, **more: object) -> Path:
    """Write a run of the demo as the harness does, with things that are nobody's business."""
    one = run([cell(model) for model in ("asyncio", "trio", "threads")])
    about = structs.replace(one.machine, host="janes-laptop")
    began = f"{one.started_at[:4]}0102T030405Z"
    one = structs.replace(one, id=f"{began}-janes-laptop", machine=about, **more)
    writer = RunWriter.create(out, one)
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
    repository = Repository(root)
    (root / "docs").mkdir()
    repository.readme.write_text(README, encoding="utf-8")
    repository.ledger.write_text(OWN, encoding="utf-8")
    (root / "docs" / "more.md").write_text("[x](reference-run/figures/demo.png)\n", "utf-8")
    reference.take(folder, repository)
    return repository
