"""The commands that make a run, go on with it or read it, as people type them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from harness import cli
from harness.behaviours import question
from harness.behaviours import store as behaviours
from harness.errors import Exit
from harness.measuring.machine.measuring_alone import measuring_alone
from harness.measuring.plan import PROFILES
from harness.results import store
from harness.results.records import Run
from harness.traces import scene
from harness.traces import store as traces
from tests.support.command import Invoke, command, own_cache

pytestmark = pytest.mark.usefixtures("asked_once")

NOOP = ("--workload", "noop", "--model", "sequential")
TINY = ("run", *NOOP, "--budget", "300ms", "--seed", "7")


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one run, measured once for all tests that only read."""
    out = tmp_path_factory.mktemp("measured")
    assert cli.main([*TINY, "--out", str(out), "--no-figures"]) == 0
    return out


@pytest.fixture
def out(measured: Path, tmp_path: Path) -> Path:
    """Return a copy of that run, to be changed."""
    shutil.copytree(measured, tmp_path / "results", symlinks=True)
    return tmp_path / "results"


def trials_of(out: Path) -> Counter:
    return Counter((one.block, one.cell) for one in store.read_trials(store.find_run(out), []))


def edit(out: Path, **changes: object) -> None:
    """Have the run say something else of the time when it began."""
    path = store.find_run(out) / store.RUN_FILE
    document = json.loads(path.read_bytes())
    path.write_text(json.dumps({**document, **changes}), encoding="utf-8")


def run_of(out: Path) -> Run:
    return msgspec.json.decode((store.find_run(out) / store.RUN_FILE).read_bytes(), type=Run)


@pytest.mark.parametrize("subcommand", ["show", "plot", "claims"])
def test_an_unknown_run_is_a_usage_error_that_names_the_runs_there_are(
    invoke: Invoke, measured: Path, subcommand: str
) -> None:
    code, said, err = invoke(subcommand, "yesterday", "--out", measured)
    (run,) = (path.name for path in measured.iterdir() if not path.is_symlink())
    assert (code, said) == (Exit.USAGE, "")
    assert err == f"loombench: no run at {measured}/yesterday; there is: {run}\n"


@pytest.mark.parametrize("arguments", [("show",), ("plot",), ("run", "--resume")])
def test_where_there_is_no_run_it_is_said_how_to_make_one(
    invoke: Invoke, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, _, err = invoke(*arguments, "--out", tmp_path)
    assert code == Exit.USAGE
    assert err.endswith("; make one with: loombench run\n")


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [((), 0.03), (("--precision", "3%"), 0.03), (("--precision", "0.5"), 0.005)],
    ids=["unless given", "with a sign", "without one"],
)
def test_the_precision_of_a_run_is_3_percent_or_what_was_asked_for(
    invoke: Invoke, tmp_path: Path, arguments: tuple[str, ...], kept: float
) -> None:
    code, _, err = invoke(*TINY, *arguments, "--no-figures", "--out", tmp_path)
    assert (code, err) == (0, "")
    assert run_of(tmp_path).precision == pytest.approx(kept)


def test_a_run_that_is_as_precise_as_was_asked_for_ends_before_its_budget(
    invoke: Invoke, tmp_path: Path
) -> None:
    run = ("run", *NOOP, "--profile", "quick", "--budget", "60m", "--precision", "99%")
    code, said, err = invoke(*run, "--no-figures", "--out", tmp_path)
    assert (code, err) == (0, "")
    assert f"every headline ratio has reached the requested precision: {tmp_path}" in said
    # The least blocks, and a few more if the machine is busy; each with contestant and control.
    in_block = Counter(block for block, _ in trials_of(tmp_path))
    assert len(in_block) >= PROFILES["quick"].min_blocks
    assert set(in_block.values()) == {2}


def test_a_second_run_is_refused_unless_it_may_disturb_and_then_it_is_marked(
    invoke: Invoke, tmp_path: Path
) -> None:
    with measuring_alone():
        code, _, err = invoke(*TINY, "--out", tmp_path / "refused")
        assert (code, "--beside" in err) == (Exit.NOT_POSSIBLE, True)
        assert not (tmp_path / "refused").exists()
        assert invoke(*TINY, "--beside", "--no-figures", "--out", tmp_path)[0] == 0
    trials = list(store.read_trials(store.find_run(tmp_path), []))
    assert all("another run" in trial.disturbed for trial in trials)


def test_what_the_user_passes_reaches_the_children_and_is_part_of_the_run(
    invoke: Invoke, tmp_path: Path
) -> None:
    passed = ("--env", "LOOMBENCH_X=1")
    assert invoke(*TINY, *passed, "--no-figures", "--out", tmp_path)[0] == 0
    assert store.read_run(store.find_run(tmp_path)).env == {"LOOMBENCH_X": "1"}
    code, _, err = invoke("run", "--resume", "--budget", "100ms", "--out", tmp_path)
    assert (code, "expected --env LOOMBENCH_X=1" in err) == (Exit.USAGE, True)
    again = ("run", "--resume", *passed, "--no-figures", "--budget", "100ms")
    assert invoke(*again, "--out", tmp_path)[0] == 0


def test_a_run_leaves_its_directory_its_figures_and_a_link_to_it(
    invoke: Invoke, tmp_path: Path
) -> None:
    out = tmp_path / "not" / "there yet"
    code, said, err = invoke(*TINY, "--out", out)
    folder = store.find_run(out)
    assert (code, err) == (0, "")
    assert store.read_run(folder).seed == 7
    assert sorted(path.name for path in folder.iterdir()) == [
        ".lock",
        "figures",
        "report.html",
        "run.json",
        "summary.csv",
        "summary.json",
        "trials.jsonl",
    ]
    assert sorted(path.name for path in (folder / "figures").iterdir()) == [
        "noop.png",
        "noop.svg",
        "overview.png",
        "overview.svg",
    ]
    assert (out / "latest").is_symlink()
    assert (out / "latest").resolve() == folder
    assert "Open these first: " in said
    assert "latest/figures/noop.png" in said
    assert f"{folder.name}/report.html All numbers: loombench show " in said
    assert "No-op: sequential leads so far" in said
    after = said[said.index("budget spent") :]
    assert "2 trials in 1 block" in after


def test_the_figures_that_are_named_exist(
    capsys: pytest.CaptureFixture[str], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out.parent)
    assert cli.main(["plot", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    named = [Path(line.strip()) for line in lines if line.endswith(".png")]
    assert [path.name for path in named] == ["overview.png", "noop.png"]
    assert all(path.is_file() for path in named)
    assert not named[0].is_absolute()


def test_the_folder_of_a_run_is_printed_on_one_line_as_it_is_called(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / f"[red]{'a_long_name' * 9}[/red]"  # with what rich takes for a style
    assert cli.main([*TINY, "--no-figures", "--out", str(out)]) == 0
    assert f"budget spent: {store.find_run(out)}" in capsys.readouterr().out.splitlines()


def test_show_prints_the_results_of_the_latest_run(invoke: Invoke, measured: Path) -> None:
    code, said, err = invoke("show", "--out", measured)
    assert (code, err) == (0, "")
    assert "No-op: sequential leads so far" in said
    assert "sequential" in said


def test_show_takes_the_path_of_a_run(invoke: Invoke, measured: Path, tmp_path: Path) -> None:
    code, said, _ = invoke("show", measured / "latest", "--out", tmp_path)
    assert code == 0
    assert "No-op: sequential leads so far" in said


def test_a_run_of_another_schema_is_refused_with_both_versions(invoke: Invoke, out: Path) -> None:
    edit(out, schema_version=99)
    code, _, err = invoke("show", "--out", out)
    assert code == Exit.NOT_POSSIBLE
    assert "schema_version: found 99, expected at most 2" in err


def test_resume_goes_on_and_measures_nothing_twice(invoke: Invoke, out: Path) -> None:
    before = trials_of(out)
    code, said, err = invoke("run", "--resume", "--no-figures", "--budget", "300ms", "--out", out)
    after = trials_of(out)
    assert (code, err) == (0, "")
    assert len(after) > len(before)
    assert set(after.values()) == {1}
    in_block = Counter(block for block, _ in after)
    assert sorted(in_block) == list(range(len(in_block)))
    # Each has the contestant and its control; a block that was cut short is made whole first.
    assert all(in_block[block] == 2 for block in range(len(in_block) - 1))
    assert f"{len(after)} trials" in said


@pytest.mark.parametrize(
    ("what", "difference"),
    [
        ("machine", "machine cpu was an abacus, is "),
        ("sources", "source python/workloads/noop/on_sequential.py has changed"),
        ("workloads", "workload noop has changed"),
    ],
)
def test_resume_refuses_what_is_no_longer_the_same_and_measures_nothing(
    invoke: Invoke, out: Path, what: str, difference: str
) -> None:
    run = run_of(out)
    edit(
        out,
        **{
            "machine": {"machine": {**msgspec.to_builtins(run.machine), "cpu": "an abacus"}},
            "sources": {"sources": dict.fromkeys(run.sources, "0" * 64)},
            "workloads": {"workloads": {"noop": run.workloads["noop"] + "\n"}},
        }[what],
    )
    before = (store.find_run(out) / store.TRIALS_FILE).read_bytes()
    code, said, err = invoke("run", "--resume", "--out", out)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert difference in err
    assert err.count("\n") == 1
    assert (store.find_run(out) / store.TRIALS_FILE).read_bytes() == before


@pytest.mark.parametrize("beside", [("--model", "trio"), ("--workload", "noop"), ("--seed", "1")])
def test_resume_takes_no_selection_and_no_seed(
    invoke: Invoke, measured: Path, beside: tuple[str, str]
) -> None:
    code, said, err = invoke("run", "--resume", *beside, "--out", measured)
    assert (code, said) == (Exit.USAGE, "")
    assert "--resume continues a run as planned" in err


@pytest.mark.parametrize("out", ["file/results", "file/a/b/c"])
def test_a_place_that_cannot_be_written_is_a_problem_that_says_what_to_do(
    invoke: Invoke, tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").write_text("")
    code, said, err = invoke(*TINY, "--out", tmp_path / out)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert "cannot be written: Not a directory; choose another directory with --out" in err


def test_a_file_as_the_place_is_a_usage_error(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, _, err = invoke(*TINY, "--out", tmp_path / "file")
    assert code == Exit.USAGE
    assert "is a file" in err


def test_claims_are_held_against_the_latest_run(invoke: Invoke, measured: Path) -> None:
    code, said, err = invoke("claims", "--out", measured)
    assert (code, err) == (Exit.SUCCESS, "")
    assert "This run measures none of" in said
    assert "pingpong was not part of this run." in said


def test_a_ledger_of_ones_own_is_added_and_a_claim_that_fails_is_no_fault(
    invoke: Invoke, measured: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        '[documents]\nR = "README"\n[claims.free]\nsays = "Nothing is free."\n'
        'reading = "A call takes no time."\nsources = ["R: Top"]\nworkload = "noop"\n'
        'this = "sequential"\nmeasure = "call"\nrange = "0 to 0 ns"\n',
        encoding="utf-8",
    )
    code, said, _ = invoke("claims", "--out", measured, "--ledger", path, "--json")
    assert code == Exit.SUCCESS
    *ours, free = json.loads(said)["claims"]
    assert len(ours) > 50
    assert (free["id"], free["ledger"]) == ("free", str(path))
    assert free["verdict"] in ("contradicted", "undecided")
    assert free["value"] > 0


def test_a_broken_ledger_is_a_usage_error_of_one_line(
    invoke: Invoke, measured: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text("[documents]\n", encoding="utf-8")
    code, said, err = invoke("claims", "--out", measured, "--ledger", tmp_path / "own.toml")
    assert (code, said) == (Exit.USAGE, "")
    assert err == f"loombench: {tmp_path}/own.toml: claims: found none, expected at least one\n"


@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("--help",)], ids=" ".join)
def test_output_that_nobody_reads_any_more_is_no_error(arguments: tuple[str, ...]) -> None:
    listing = subprocess.Popen(
        command(*arguments),
        env={**os.environ, **own_cache()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert listing.stdout is not None
    listing.stdout.close()
    _, err = listing.communicate(timeout=300)
    assert (listing.returncode, err) == (0, "")


def test_a_run_observes_behaviours_of_its_models_and_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"siblings": question.load_folder()["siblings"]}
    monkeypatch.setattr(question, "load_folder", lambda: one)
    trio = ("--workload", "noop", "--model", "trio", "--budget", "100ms", "--no-figures")
    assert cli.main(["run", *trio, "--behaviours", "--out", str(tmp_path)]) == 0
    observed = behaviours.read(store.find_run(tmp_path))
    assert observed is not None
    assert {(cell.model, cell.word) for cell in observed.observations} == {("trio", "cancelled")}

    resumed = ("--resume", "--budget", "100ms", "--behaviours", "--no-figures")
    assert cli.main(["run", *resumed, "--out", str(tmp_path)]) == 0
    assert behaviours.read(store.find_run(tmp_path)) == observed


def test_a_run_records_traces_of_its_models_draws_them_and_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    two = {id_: one for id_, one in scene.load_folder().items() if id_ in ("kitchen", "threetasks")}
    monkeypatch.setattr(scene, "load_folder", lambda: two)
    models = ("--workload", "noop", "--model", "asyncio,trio", "--budget", "100ms")
    code, _, errors = invoke("run", *models, "--traces", "--no-behaviours", "--out", tmp_path)
    assert (code, errors) == (0, "")
    folder = store.find_run(tmp_path)
    stored = traces.read(folder)
    found = traces.of_run(folder)
    assert {id_: set(one.traces) for id_, one in found.items()} == {
        id_: {"asyncio", "trio"} for id_ in two
    }
    assert {lane.name for lane in found["threetasks"].traces["trio"].lanes} >= {"A", "B", "C"}
    assert (folder / "figures" / "lanes-kitchen.svg").exists()
    assert 'aria-label="Figure lanes-threetasks"' in (folder / "report.html").read_text("utf-8")

    _, said, _ = invoke("claims", "--json", "--out", tmp_path)
    verdicts = {one["id"]: one["verdict"] for one in json.loads(said)["claims"]}
    assert (verdicts["gather-flow-order"], verdicts["task-states"]) == ("holds", "holds")

    resumed = ("--resume", "--budget", "100ms", "--traces", "--no-figures")
    assert invoke("run", *resumed, "--out", tmp_path)[0] == 0
    assert traces.read(folder) == stored


def test_a_short_run_observes_no_behaviours_and_records_no_traces(measured: Path) -> None:
    assert behaviours.read(store.find_run(measured)) is None
    assert traces.read(store.find_run(measured)) is None
