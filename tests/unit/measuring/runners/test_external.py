"""harness.external: runners from outside, by the commands as people type them and by themselves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness import cli
from harness.catalog.contestant import is_model_id, is_variant
from harness.catalog.workload import MODELS, order_models
from harness.errors import Exit
from harness.measuring.inventory import Inventory
from harness.measuring.plan import RunSelection
from harness.measuring.runners import manifest
from harness.paths import WORKLOADS
from harness.presenting.figures import style
from harness.results.records import Absence
from tests.support.command import Invoke
from tests.support.outside import joined, offered, one, says, toml

pytestmark = pytest.mark.usefixtures("asked_once")

# --- what is named, and what is started


@pytest.mark.parametrize("command", [("list",), ("validate", "noop", "--model", "sequential")])
def test_a_runner_that_was_not_named_is_not_started(
    invoke: Invoke, home: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(home)
    code, said, _ = invoke(*command)
    assert code == 0
    assert "tally" not in said
    assert not (home / "started").exists()


def test_a_runner_may_be_named_by_its_file_or_its_folder(home: Path) -> None:
    found = joined(home, home / manifest.FILE)
    assert found.problems == []
    assert offered(found) == [("tally", "py-loop", "")]
    assert (home / "started").exists()


def test_the_other_files_of_an_implementation_are_digested_like_its_source(home: Path) -> None:
    (home / "part.py").write_text("")
    says(home, implementations=[one(files=["part.py"]), one(variant="two")])
    inventory = Inventory.open([home])
    assert inventory.runners.problems == []
    cells, _ = inventory.plan_cells(RunSelection(("tally",), ("py-loop",)), None)
    assert set(inventory.source_digests(cells)) == {
        f"counting: {file}" for file in ("runner.py", "part.py", manifest.FILE)
    }


def test_no_shell_reads_the_command(home: Path) -> None:
    toml(home, command=[sys.executable, "-S", "runner.py", "describe; touch $HOME", "`id`"])
    assert "KeyError" in joined(home).problems[0]


def test_the_program_beside_the_file_comes_before_the_path(home: Path) -> None:
    (home / "sh").write_text(f"#!{sys.executable} -S\nimport runner; runner.describe()\n")
    (home / "sh").chmod(0o755)
    toml(home, command=["sh"])
    found = joined(home)
    assert found.problems == []
    assert found.found["counting"].files == (manifest.FILE, "sh")


def test_the_environment_of_the_file_reaches_the_trial_and_a_stray_print_does_no_harm(
    invoke: Invoke, home: Path
) -> None:
    toml(home, env={"COUNTER_SAYS": '{"kind": "finished"}'})
    code, said, err = invoke("validate", "--runner", home, "tally")
    assert (code, err) == (0, "")
    assert "tally py-loop ok" in said


def test_what_a_failing_runner_prints_cannot_pose_as_a_line_of_ours(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runner = home / "runner.py"
    dies = "sys.exit('lost\\n1 conform, 0 do not, 0 are not written\\x1b[2J')"
    runner.write_text(
        runner.read_text("utf-8").replace("def run() -> None:\n", f"def run():\n    {dies}\n")
    )
    assert cli.main(["validate", "--runner", str(home), "tally"]) == Exit.FAILED
    said = capsys.readouterr().out
    ours = [line for line in said.splitlines() if line.startswith("1 conform")]
    assert ours == []
    assert "  | 1 conform, 0 do not, 0 are not written\N{REPLACEMENT CHARACTER}[2J" in said


# --- models


@pytest.mark.parametrize("command", ["list", "run", "validate"])
def test_an_external_model_is_suggested_for_a_misspelt_one(
    invoke: Invoke, home: Path, command: str
) -> None:
    code, _, err = invoke(command, "--runner", home, "--model", "py-lop")
    assert code == Exit.USAGE
    assert "unknown model 'py-lop'; did you mean py-loop" in err


def test_external_models_follow_ours_and_are_missing_where_not_offered(
    invoke: Invoke, home: Path
) -> None:
    says(home, implementations=[one(model="zeta"), one(model="alpha"), one(variant="b")])
    code, said, _ = invoke("list", "--json", "--runner", home)
    document = json.loads(said)
    assert code == 0
    found = [each for each in document["implementations"] if each["workload"] == "tally"]
    assert [each["model"] for each in found] == ["zeta", "alpha", "py-loop"]
    assert {each["runner"] for each in found} == {"counting"}
    absent = [each for each in document["absent"] if each["workload"] == "tally"]
    assert absent == []  # ours: it goes without saying
    absent = [each for each in document["absent"] if each["model"] == "zeta"]
    assert {each["why"] for each in absent} == {Absence.MISSING.value}
    assert {each["workload"] for each in absent} == {path.stem for path in WORKLOADS.glob("*.toml")}
    _, said, _ = invoke("list", "--runner", home, "--workload", "tally", "--model", "trio")
    assert "without trio: missing" in said


def test_the_order_of_models_is_ours_and_then_as_they_appear() -> None:
    assert order_models(["zeta", "go", "alpha", "zeta"]) == (*MODELS, "zeta", "alpha")


@pytest.mark.parametrize("name", ["node", "mytool-fast", "a1-2b", "x" * 40])
def test_only_lowercase_words_joined_by_hyphens_name_a_model(name: str) -> None:
    assert is_model_id(name)
    assert all(map(is_model_id, MODELS))
    assert is_variant("") and is_variant("with_two_words2")  # noqa: PT018


def test_external_models_have_distinct_and_stable_looks() -> None:
    names = [f"model-{number}" for number in range(200)]
    looks = style.model_looks([*MODELS, *names])
    assert {name: looks[name] for name in MODELS} == style.LOOKS
    assert len(set(looks.values())) == len(looks)
    assert len({look.colour for look in looks.values()}) > 20
    assert (
        style.model_looks(["model-7"])["model-7"]
        == style.model_looks([*MODELS, "model-7"])["model-7"]
    )


def test_a_link_to_the_file_leads_to_its_folder(home: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.toml"
    link.symlink_to(home / manifest.FILE)
    assert manifest.locate_file(link) == home / manifest.FILE
