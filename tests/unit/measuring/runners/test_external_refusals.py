"""Runners from outside that cannot be used: each mistake is named, and the others stay."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from harness.catalog import workload_file
from harness.catalog.contestant import LONGEST_NAME
from harness.errors import Exit, Problem
from harness.measuring.runners import describing, manifest
from tests.support.command import Invoke
from tests.support.outside import PLANTED, joined, offered, one, says, toml

pytestmark = pytest.mark.usefixtures("asked_once")


# --- the file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[runners.a]\ncomand = ['x']", "runners.a.command: found nothing, expected a list"),
        ("[runners.a]\ncommand = ['x']\nenvironment = {}", "environment: unknown key"),
        ("[runners.a]\ncommand = ['x']\nworkload = []", "unknown key, expected 'workloads'"),
        ("[runner.a]\ncommand = ['x']", "runner: unknown key, expected 'runners'"),
        ("[runners.a]\ncommand = 'x y'", 'command: found "x y", expected a list of texts'),
        ("[runners.a]\ncommand = []", "command: found [], expected the words of a command"),
        ("[runners.a]\ncommand = ['x', '']", "none of them empty"),
        ('[runners.a]\ncommand = ["x\\u0000"]', "none of them empty"),
        ("[runners.a]\ncommand = ['x']\nenv = { A = 1 }", "env.A: found 1, expected a text"),
        ("[runners.a]\ncommand = ['x']\nenv = { 'A=B' = '' }", "the name of a variable"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['..']", "only relative paths without"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['/']", "only relative paths without"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['no']", "it does not exist"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['out']", "a link leads out of the folder"),
        ("[runners.a]\ncommand = ['x']\nfiles = ['no']", "a readable file"),
        ("[runners.a]\ncommand = ['x']\nfiles = ['../x']", "only relative paths without"),
        ("[runners.Node]\ncommand = ['x']", "expected the name of a runner: lowercase words"),
        (
            "[runners.go]\ncommand = ['x']",
            "runners.go: found the name of a built-in runner, expected another name",
        ),
        ("[runners", "not valid TOML"),
        ("", "runners: found none, expected a table [runners.NAME]"),
    ],
)
def test_a_mistake_in_the_file_is_one_message_with_its_place(
    invoke: Invoke, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "out").symlink_to(PLANTED)
    (tmp_path / manifest.FILE).write_text(text, encoding="utf-8")
    code, out, err = invoke("list", "--runner", tmp_path)
    assert (code, out) == (Exit.USAGE, "")
    assert err.startswith(f"loombench: {tmp_path / manifest.FILE}: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_missing_file_is_one_message(invoke: Invoke, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        code, _, err = invoke("list", "--runner", path)
        assert code == Exit.USAGE
        assert f"--runner {path}: found no loombench.toml, expected one, or a folder" in err


def test_two_runners_of_one_name_are_refused(home: Path, tmp_path: Path) -> None:
    toml(tmp_path)
    (tmp_path / "workloads").mkdir()
    with pytest.raises(Problem, match=r"runners\.counting: found it in .* too, expected one"):
        manifest.read_files([home, tmp_path])


def test_a_built_in_workload_cannot_be_replaced(invoke: Invoke, home: Path) -> None:
    (home / "workloads/tally.toml").rename(home / "workloads/noop.toml")
    code, _, err = invoke("list", "--runner", home)
    assert code == Exit.USAGE
    assert "found the workload 'noop', which Loombench itself has too" in err
    assert not (home / "started").exists()


def test_only_an_external_workload_may_name_external_models(home: Path) -> None:
    file = home / "workloads" / "tally.toml"
    text = file.read_text("utf-8")
    assert workload_file.parse("tally", text, "x", from_outside=True).not_applicable
    for name in ("fibers", "py-loop"):
        ours_but_one = text.replace("fibers" if name == "py-loop" else "py-loop", "trio")
        with pytest.raises(Problem, match=f"found .*['\"]{name}['\"], expected one of"):
            workload_file.parse("tally", ours_but_one, "x")
    for bad in ("Fibers!", "a--b", "x" * (LONGEST_NAME + 1)):
        with pytest.raises(Problem, match="or another model's name"):
            workload_file.parse("tally", text.replace("fibers", f'"{bad}"'), "x", from_outside=True)


# --- a runner that cannot start


@pytest.fixture
def broken(home: Path) -> Path:
    """A runner that is left out: what it would have offered is not known."""
    toml(home, command=[sys.executable, "-c", "raise SystemExit(4)"])
    return home


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--workload", "noop"),
        ("validate", "noop"),
        ("list",),
        ("behaviours", "--question", "siblings"),
    ],
)
def test_a_model_of_a_runner_that_is_left_out_is_not_called_wrong_usage(
    invoke: Invoke, broken: Path, arguments: tuple[str, ...]
) -> None:
    code, said, err = invoke(*arguments, "--model", "py-loop", "--runner", broken)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    warning, message = err.splitlines()
    assert warning.startswith("warning: the runner counting cannot be used: ")
    assert message == (
        "loombench: found no model py-loop: the runner counting, which may offer it, cannot be"
        " used (see above)"
    )


def test_other_models_are_checked_all_the_same(invoke: Invoke, broken: Path) -> None:
    models = ("--model", "sequential", "--model", "py-loop")
    code, said, _ = invoke("validate", "noop", *models, "--runner", broken)
    assert code == Exit.NOT_POSSIBLE
    assert "noop sequential ok noop py-loop unavailable the runner counting, which may" in said


def test_what_can_be_no_model_is_unknown_all_the_same(invoke: Invoke, broken: Path) -> None:
    code, _, err = invoke("validate", "noop", "--model", "Py!", "--runner", broken)
    assert (code, "unknown model 'Py!'" in err) == (Exit.USAGE, True)


# --- what a runner offers


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"workload": "taly"}, "unknown workload 'taly'; did you mean tally"),
        ({"workload": "\x1b[31m"}, "unknown workload '\N{REPLACEMENT CHARACTER}[31m'"),
        ({"model": "Node JS"}, "model: found 'Node JS', expected lowercase words"),
        ({"model": ""}, "model: found ''"),
        ({"model": "a-"}, "model: found 'a-'"),
        ({"model": "x" * 41}, "at most 40 characters"),
        ({"model": "x\n"}, "model: found 'x'"),
        ({"model": "asyncio"}, "the model 'asyncio' is one of Loombench's own"),
        ({"variant": "a-b"}, "variant: found 'a-b', expected a lowercase word"),
        ({"variant": "1st"}, "variant: found '1st'"),
        ({"source": "../secret"}, "found '../secret', expected a file in the runner's folder"),
        ({"source": "workloads/../../secret"}, "only relative paths without"),
        ({"source": "/etc/passwd"}, "only relative paths without"),
        ({"source": "link"}, "a link leads out of the folder"),
        ({"source": "circle"}, "source: found 'circle', expected a file in the runner's folder"),
        ({"source": "linked/secret"}, "a link leads out of the folder"),
        ({"source": ""}, "only relative paths without"),
        ({"source": "a\0b"}, "only relative paths without"),
        ({"source": "workloads"}, "found no file 'workloads'"),
        ({"source": "none.py"}, "found no file 'none.py'"),
        ({"files": ["../secret"]}, "files: found '../secret', expected a file in the runner's"),
        ({"files": ["runner.py", "link"]}, "a link leads out of the folder"),
        ({"files": ["circle"]}, "files: found 'circle', expected a file in the runner's folder"),
        ({"files": ["none.py"]}, "files: found no file 'none.py'"),
        ({"source": "x" * 300}, "xxx...', expected a file in the runner's folder: File name too"),
    ],
)  # fmt: skip
def test_an_implementation_that_cannot_be_used_is_named_and_the_others_stay(
    home: Path, changes: dict[str, object], said: str
) -> None:
    (home.parent / "secret").write_text("")
    (home / "link").symlink_to(home.parent / "secret")
    (home / "linked").symlink_to(home.parent)
    (home / "circle").symlink_to("circle")
    says(home, implementations=[one(model="other", **changes) if "model" not in changes
                                else one(**changes), one()])  # fmt: skip
    found = joined(home)
    assert offered(found) == [("tally", "py-loop", "")]
    (problem,) = found.problems
    assert problem.startswith("the runner counting: 1 of its 2 implementations cannot be used: ")
    assert said in problem
    assert problem.isprintable()
    assert found.is_incomplete


def test_an_implementation_offered_twice_is_used_once(home: Path) -> None:
    says(home, implementations=[one(), one(), one(variant="two"), one(workload="noop")])
    found = joined(home)
    assert len(offered(found)) == 3
    assert "cannot be used: tally py-loop is offered twice" in found.problems[0]


def test_a_model_belongs_to_one_runner(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(home, other)
    toml(other, "second", workloads=None)
    found = joined(home, other)
    assert [offer.runner for offer in found.offers()] == ["counting"]
    assert "the model 'py-loop' belongs to the runner counting" in found.problems[0]


def test_many_reasons_are_cut(home: Path) -> None:
    says(home, implementations=[one(model=f"M{n}") for n in range(50)])
    (problem,) = joined(home).problems
    assert problem.endswith("and 47 more")


def test_the_description_of_a_runner_is_one_printable_line(home: Path) -> None:
    says(
        home,
        version="1.0\n\x1b[2J" + "x" * 500,
        language="\u202epython",
        facts={"a\nb": "c\x07d", "n": 2**70},
        unavailable=[{"model": "py-loop", "reason": "no\nluck\x1b"}],
    )
    found = joined(home)
    description = found.found["counting"].description
    texts = [description.version, description.language, *description.facts]
    texts += [str(value) for value in description.facts.values()]
    assert all(text.isprintable() and len(text) <= 100 for text in texts)
    assert description.facts["n"] == str(2**70)
    (offer,) = found.offers()
    assert offer.unavailable == "no luck\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["loombench-no-such"], "found no 'loombench-no-such', expected a program in PATH"),
        (["./runner"], "command: found no such file: "),
        (["./plain"], "command: found a file that is not executable: "),
        (["workloads/"], "command: found no such file: "),
        (["x" * 300], "command: cannot be read: File name too long"),
        (
            [sys.executable, "-c", "raise SystemExit('not today')"],
            "ended with exit code 1: not today",
        ),
        ([sys.executable, "-c", "print('hello')"], "describe: "),
        (["./empty"], "cannot be used: "),
    ],
)
def test_a_runner_that_cannot_be_used_leaves_the_others_alone(
    invoke: Invoke, home: Path, command: list[str], said: str
) -> None:
    (home / "plain").write_text("")
    (home / "empty").write_text("\x7fELF")
    (home / "empty").chmod(0o755)
    toml(home, command=command)
    code, out, err = invoke("validate", "--runner", home, "noop", "--model", "sequential")
    assert code == Exit.NOT_POSSIBLE
    assert "1 conform, 0 do not" in out
    assert err.startswith("warning: the runner counting cannot be used: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_runner_with_too_much_output_or_an_orphan_is_stopped(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml(home, command=[sys.executable, "-S", "-c", "while True: print('x' * 1000)"])
    assert "describe was stopped: its output is too long" in joined(home).problems[0]
    monkeypatch.setattr(describing, "DEADLINE_S", 0.3)
    toml(home, command=["sh", "-c", "sleep 20 & wait"])
    assert "describe timed out after 0.3 s" in joined(home).problems[0]
