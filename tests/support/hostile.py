"""A run in which every text of somebody else is evil."""

from __future__ import annotations

from harness.analysis.run_results import Analysis
from harness.results.records import Machine, RunnerFacts, Status, Trial
from tests.support.pages import with_run
from tests.support.scenes import Otherwise, _another, failed, scene

EVIL = (
    '</script></title></svg><img src=x onerror="window.pwned=1">'
    "<script>window.pwned=1</script>'&lt;"
)


def change(one: Trial) -> Trial:
    return failed(one, Status.CRASH, EVIL) if one.block == 0 else one


def hostile() -> Analysis:
    """Return a run that is evil wherever a text of it comes from somebody else."""
    quoted = EVIL.replace('"', '\\"')
    found = scene(
        ("noop",),
        extra=[_another("evil", title=quoted, question=quoted, label=quoted)],
        outside=(EVIL,),
        models=("asyncio", "trio", EVIL),
        fate=Otherwise(change),
    )
    facts = RunnerFacts(EVIL, EVIL, EVIL, (EVIL, "asyncio"), {EVIL: EVIL})
    return with_run(
        found,
        id=EVIL,
        started_at=EVIL,
        profile=EVIL,
        runner_files=(EVIL,),
        machine=Machine(EVIL, EVIL, EVIL, 2, 2**30, virtualisation=EVIL),
        runners=(facts,),
        implementations={cell.contestant.key: EVIL for cell in found.run.cells},
        sources={EVIL: EVIL},
    )
