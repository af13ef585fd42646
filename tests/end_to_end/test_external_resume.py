"""A run of a runner from outside goes on only with the same runner, named again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import Exit
from harness.measuring.runners import manifest
from harness.paths import ROOT
from harness.results import store
from tests.support.command import Invoke
from tests.support.outside import one, says, toml

pytestmark = pytest.mark.usefixtures("asked_once")


def test_a_run_of_an_external_runner_goes_on_only_if_it_is_named_again(
    invoke: Invoke, home: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "results", "--no-figures", "--budget", "300ms")
    strict = ("--precision", "0.0001%")  # never reached, so that there is more to measure
    assert invoke("run", "--runner", home, "--model", "py-loop", *strict, *out)[0] == 0
    (home / "started").unlink()
    code, said, err = invoke("run", "--resume", *out)
    assert (code, said) == (Exit.USAGE, "")
    assert f"repeat --runner {home / manifest.FILE} to resume it" in err
    assert not (home / "started").exists()

    before = len(list(store.read_trials(store.find_run(tmp_path / "results"), [])))
    assert invoke("run", "--resume", "--runner", home, *out)[0] == 0
    trials = list(store.read_trials(store.find_run(tmp_path / "results"), []))
    assert len(trials) > before
    assert trials[0].facts == {"folder": str(home)}  # where its other words are found

    other = ROOT / "docs" / "examples" / "shell"
    code, _, err = invoke("run", "--resume", "--runner", home, "--runner", other, *out)
    assert code == Exit.USAGE
    assert "was started without" in err


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda home: says(home, version="1.1"), "runner counting was 1.0, is 1.1"),
        (lambda home: says(home, facts={"optimised": True}), "counting: optimised was False"),
        (lambda home: toml(home, env={"A": "b"}), "source counting: loombench.toml has changed"),
        (lambda home: append(home / "runner.py"), "source counting: runner.py has changed"),
        (lambda home: append(home / "workloads/tally.toml"), "workload tally has changed"),
        (
            lambda home: says(home, implementations=[one(model="other")]),
            "implementation tally/py-loop@default was present, is absent",
        ),
        (lambda home: (home / "runner.py").unlink(), "runner counting was 1.0, is absent"),
    ],
    ids=["version", "facts", "file", "source", "workload", "offer", "gone"],
)  # fmt: skip
def test_a_run_does_not_go_on_with_another_runner(
    invoke: Invoke, home: Path, tmp_path: Path, change: Callable[[Path], None], difference: str
) -> None:
    out = tmp_path / "results"
    named = ("--runner", home, "--out", out, "--no-figures", "--budget", "1ms")
    assert invoke("run", "--workload", "tally", *named)[0] == 0
    before = (store.find_run(out) / store.TRIALS_FILE).read_bytes()
    change(home)
    code, said, err = invoke("run", "--resume", *named)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert difference in err
    assert (store.find_run(out) / store.TRIALS_FILE).read_bytes() == before


def test_a_file_that_a_runner_is_said_to_be_made_of_may_not_change_either(
    invoke: Invoke, home: Path, tmp_path: Path
) -> None:
    (home / "part.py").write_text("")
    toml(home, files=["part.py"])
    named = ("--runner", home, "--out", tmp_path / "results", "--no-figures", "--budget", "1ms")
    assert invoke("run", "--workload", "tally", *named)[0] == 0
    append(home / "part.py")
    code, _, err = invoke("run", "--resume", *named)
    assert code == Exit.NOT_POSSIBLE
    assert "source counting: part.py has changed" in err


def append(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "\n# changed\n", encoding="utf-8")


def test_a_runner_that_always_fails_is_retired_once_also_from_a_resumed_run(
    invoke: Invoke, home: Path, tmp_path: Path
) -> None:
    runner = home / "runner.py"
    fails = 'say("error", message="lost\\n3 conform\\x1b[2J", case=None); return'
    text = runner.read_text("utf-8")
    runner.write_text(  # the contestant and its control: two trials a block
        text.replace('for case in request["cases"]:', f"{fails}\n    for case in ():")
    )
    named = ("--runner", home, "--out", tmp_path / "results", "--no-figures", "--budget", "60s")
    code, said, _ = invoke("run", "--workload", "tally", "--model", "py-loop", *named)
    assert code == Exit.NOT_POSSIBLE
    assert said.count("py-loop failed 3 times in the same way (crash); the run goes on") == 1
    assert "no contestant is left: " in said
    folder, message = (
        store.find_run(tmp_path / "results"),
        "lost 3 conform\N{REPLACEMENT CHARACTER}[2J",
    )
    assert [one.message for one in store.read_trials(folder, [])] == [message] * 4

    code, said, _ = invoke("run", "--resume", *named)
    assert code == Exit.NOT_POSSIBLE
    assert "failed 3 times" not in said
    assert "no contestant is left: " in said
    assert len(list(store.read_trials(folder, []))) == 4
