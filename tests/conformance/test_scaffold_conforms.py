"""`loombench new` in a copy of the project: what it writes conforms once the work is filled in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import cli, scaffold
from harness.cli import writing
from harness.errors import Exit
from runner import models
from tests.support import scaffolding


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy with a new workload in it, on every base, and a variant of each."""
    root = scaffolding.copied(tmp_path_factory.mktemp("copy"))
    done = scaffolding.do(root, "new", "workload", "weave")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "wrote python/workloads/weave/on_sequential.py\n"
        "wrote python/workloads/weave/on_asyncio.py\n"
        "wrote go/workloads/weave/weave.go\n"
        "wrote harness/workloads/weave.toml\n"
        "next, after you have written the work:\n"
        "  .venv/bin/loombench validate weave\n"
        "  .venv/bin/loombench run --workload weave --budget 20s\n"
    )
    others = [one for one in scaffold.BASES if one not in ("sequential", "asyncio", "go")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writing, "ROOT", root)
        patch.setattr(writing, "WORKLOADS", root / "harness" / "workloads")
        for base in (*others, "go__other"):
            assert cli.main(["new", "implementation", "weave", base]) == 0
    return root


def here() -> list[str]:
    """Return the models that can run here, with Go's variant."""
    ours = [one for one, it in models.MODELS.items() if models.why_unavailable(it) is None]
    return [
        *ours,
        *(["go", "go-1cpu", "go · other", "go-1cpu · other"] if scaffolding.go() else []),
    ]


def test_missing_work_is_named_file_by_file_and_conforms_once_it_is_filled_in(copy: Path) -> None:
    done = scaffolding.do(copy, "validate", "weave")
    said = scaffolding.results(done.stdout)
    assert done.returncode == Exit.FAILED
    assert sorted(said) == sorted(here())
    for contestant, (result, message) in said.items():
        model, _, variant = contestant.partition(" · ")
        if model.startswith("go"):
            path = f"go/workloads/weave/{variant or 'weave'}.go"
            expected = f"write the work of {path}"
        else:
            path = f"python/workloads/weave/on_{models.MODELS[model].base}.py"
            expected = f"NotImplementedError: write the work of {path}"
        assert (result, message) == ("crash", expected)

    # Nothing but the work is filled in.
    for path in copy.glob("*/workloads/weave/*"):
        if path.suffix in (".py", ".go"):
            text = path.read_text("utf-8")
            text = re.sub(r"raise NotImplementedError\([^)]*\)", "return 1", text)
            text = re.sub(r"return 0, errors.New\([^)]*\)", "return 1, nil", text)
            path.write_text(text.replace('\t"errors"\n', ""), encoding="utf-8")
    done = scaffolding.do(copy, "validate", "weave")
    assert scaffolding.results(done.stdout) == dict.fromkeys(here(), ("ok", ""))
    assert done.returncode == 0, done.stdout
