"""The commands `versus` and `show` on a stored run: what is printed, drawn and refused."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from harness import cli
from harness.errors import Exit
from harness.results.store import RunWriter
from tests.support.command import Invoke
from tests.support.scenes import planned, trials, workloads


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run of two workloads."""
    folder = tmp_path_factory.mktemp("versus")
    chosen = [workloads()[id_] for id_ in ("sumsquares", "pingpong")]
    run = planned(chosen, ("asyncio", "trio", "go"))
    with closing(RunWriter.create(folder, run)) as writer:
        for one in trials(run, chosen, 6):
            writer.append(one)
    return folder


def test_it_prints_the_answer_and_every_workload_and_draws_the_figure(
    invoke: Invoke, out: Path
) -> None:
    code, said, err = invoke("versus", "trio", "asyncio", "--out", out)
    assert (code, err) == (0, "")
    assert said.startswith("asyncio is faster than trio in 2 of 2 workloads.")
    assert "Ping-pong time per hand-over faster " in said
    for kind in ("png", "svg"):
        assert (out / "latest" / "figures" / f"versus-trio-asyncio.{kind}").is_file()


def test_the_document_has_the_verdicts_from_the_side_of_the_first(
    invoke: Invoke, out: Path
) -> None:
    _, said, _ = invoke("versus", "trio", "asyncio", "--json", "--out", out)
    document = json.loads(said)
    assert {one["verdict"] for one in document["workloads"]} == {"slower"}
    assert all(one["ratio"]["value"] < 1 for one in document["workloads"])


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("tiro", "go"), Exit.USAGE, "unknown contestant 'tiro'; did you mean trio?"),
        (("go", "go"), Exit.USAGE, "found go twice, expected two contestants"),
        (("asyncio/futures", "asyncio/threads"), Exit.NOT_POSSIBLE, "found no workload that"),
    ],
)
def test_what_cannot_be_compared_is_named(
    invoke: Invoke, out: Path, arguments: tuple[str, str], code: Exit, complaint: str
) -> None:
    found, said, err = invoke("versus", *arguments, "--out", out)
    assert (found, said) == (code, "")
    assert complaint in err


def test_a_run_of_overhead_alone_compares_nobody(invoke: Invoke, tmp_path: Path) -> None:
    RunWriter.create(tmp_path, planned([workloads()["noop"]], ("asyncio", "trio"))).close()
    code, said, err = invoke("versus", "asyncio", "trio", "--out", tmp_path)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert "this run measured only noop, which shows Loombench's overhead" in err


def test_show_of_some_workloads_prints_these_alone(invoke: Invoke, out: Path) -> None:
    _, said, _ = invoke("show", "--workload", "pingpong", "--out", out)
    assert "pingpong headline" in said
    assert "sumsquares headline" not in said
    code, _, err = invoke("show", "--workload", "pingpon", "--out", out)
    said = "unknown workload in this run: 'pingpon'; did you mean pingpong?"
    assert (code, said in err) == (Exit.USAGE, True)


def test_what_somebody_wrote_into_a_run_does_not_control_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    chosen = [workloads()["pingpong"]]
    run = planned(chosen, ("asyncio", "trio"))
    RunWriter.create(tmp_path, run).close()
    file = tmp_path / run.id / "run.json"
    document = json.loads(file.read_text())
    document["machine"]["cpu"] = "\x1b[31mred\0"
    document["cells"][0]["contestant"]["runtime"] = "\x1b[2J3.14"
    document["cells"][1]["contestant"]["variant"] = "\x07futures"
    file.write_text(json.dumps(document))
    assert cli.main(["show", "--out", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert {one for one in said if not one.isprintable()} == {"\n"}
    assert "\N{REPLACEMENT CHARACTER}[31mred\N{REPLACEMENT CHARACTER}" in said
    assert "\N{REPLACEMENT CHARACTER}[2J3.14" in said


def test_a_file_where_figures_belong_is_to_be_moved_away(invoke: Invoke, tmp_path: Path) -> None:
    run = planned([workloads()["noop"]], ("asyncio", "trio"))
    RunWriter.create(tmp_path, run).close()
    (tmp_path / run.id / "figures").write_text("mine")
    code, _, err = invoke("plot", "--out", tmp_path)
    assert code == Exit.NOT_POSSIBLE
    assert (
        "figures cannot be written: File exists; the measurements are safe: move this file" in err
    )
    assert (tmp_path / run.id / "figures").read_text() == "mine"


def test_a_terminal_is_taken_to_have_a_least_width(
    capsys: pytest.CaptureFixture[str], out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1")
    assert cli.main(["show", "--workload", "pingpong", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 30 < max(map(len, lines)) <= 40
