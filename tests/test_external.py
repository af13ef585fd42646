"""harness.external: runners from outside, by the commands as people type them and by themselves."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from harness import campaign, catalog, cli, external, runners, store
from harness.errors import Exit, Problem
from harness.figures import style
from harness.records import Absence
from harness.runners import ROOT, Runners
from harness.workload import LONGEST_NAME, MODELS, in_order, is_model_id, is_variant

PLANTED = ROOT / "tests" / "external"
DOCUMENT = (ROOT / "docs" / "external-runners.md").read_text("utf-8")
SH = "lacks what the shell runner needs"

Invoke = Callable[..., tuple[int, str, str]]


def can_run_the_shell_runner() -> bool:
    if not shutil.which("sha256sum") or not shutil.which("date"):
        return False
    said = subprocess.run(["date", "+%s%N"], capture_output=True, text=True, check=False).stdout
    return said.strip().isdigit()


needs_shell = pytest.mark.skipif(not can_run_the_shell_runner(), reason=SH)


@pytest.fixture(scope="module")
def ours() -> Runners:
    return runners.find()


@pytest.fixture
def invoke(
    ours: Runners, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Invoke:
    """Run a command; returns its exit code, its output with lines made one, and its errors."""
    monkeypatch.setattr(campaign, "find", lambda: deepcopy(ours))  # asked once is enough

    def run(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, " ".join(out.split()), err

    return run


def toml(folder: Path, name: str = "counting", **changes: Any) -> Path:
    """Write the file that names the Python runner of a folder; what is None is left out."""
    keys = {
        "command": [sys.executable, "-E", "-s", "-S", "runner.py"],
        "workloads": ["workloads"],
        **changes,
    }
    env = keys.pop("env", {})
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items() if value is not None]
    lines += [f"env.{key} = {json.dumps(value)}" for key, value in env.items()]
    file = folder / external.FILE
    file.write_text("\n".join([f"[runners.{name}]", *lines, ""]), encoding="utf-8")
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder outside the repository with the Python runner."""
    folder = tmp_path / "outside"
    shutil.copytree(
        PLANTED / "python", folder, ignore=shutil.ignore_patterns("__pycache__", "started")
    )
    toml(folder)
    return folder


def says(home: Path, **changes: object) -> None:
    """Have the runner describe itself otherwise."""
    (home / "description.json").write_text(json.dumps(changes), encoding="utf-8")


def one(**changes: object) -> dict[str, object]:
    return {"workload": "counter", "model": "py-loop", "source": "runner.py", **changes}


def joined(*named: Path, known: Runners | None = None) -> Runners:
    """Return what is there after joining the runners to those that are known."""
    found = known or Runners()
    declared = external.read(named)
    own = catalog.load_folder(campaign.WORKLOADS)
    external.join(found, declared, external.workloads(declared, own))
    return found


def offered(found: Runners) -> list[tuple[str, str, str]]:
    return [(offer.workload, offer.model, offer.variant) for offer in found.offers()]


# --- the shell runner of the documentation


def test_the_document_shows_the_files_that_are_tested() -> None:
    folder = PLANTED / "shell"
    for file in ("loombench.toml", "runner.sh", "workloads/busywait.toml"):
        language = "bash" if file.endswith(".sh") else "toml"
        assert f"```{language}\n{(folder / file).read_text('utf-8')}```" in DOCUMENT


@needs_shell
def test_the_shell_runner_conforms(invoke: Invoke) -> None:
    code, said, err = invoke("validate", "--runner", PLANTED / "shell", "busywait", "nothing")
    assert (code, err) == (0, "")
    assert "busywait sh ok" in said
    assert "2 conform, 0 do not, 0 are not written" in said


@needs_shell
def test_the_shell_runner_is_listed_with_its_workloads(invoke: Invoke) -> None:
    code, said, err = invoke("list", "--runner", PLANTED / "shell")
    assert (code, err) == (0, "")
    assert "busywait By how much does a wait end late" in said
    assert "models sh" in said
    assert "without sh: missing" in said  # in noop


@needs_shell
def test_the_shell_runner_is_measured_and_drawn(invoke: Invoke, tmp_path: Path) -> None:
    arguments = ("--workload", "busywait,nothing", "--budget", "1s", "--out", tmp_path)
    code, said, _ = invoke("run", "--runner", PLANTED / "shell", *arguments)
    assert code == 0
    assert "Busy waiting: best" in said
    folder = store.find(tmp_path)
    trials = list(store.read_trials(folder, []))
    assert {trial.status.value for trial in trials} == {"ok"}
    run = store.read_run(folder)
    assert run.runner_files == (str(PLANTED / "shell" / external.FILE),)
    assert set(run.sources) == {"shell: runner.sh", "shell: loombench.toml"}
    assert ">sh</text>" in (folder / "figures" / "overview.svg").read_text("utf-8")


@needs_shell
def test_the_shell_runner_refuses_a_workload_that_it_lacks() -> None:
    request = json.dumps({"protocol": 1, "workload": "noop", "model": "sh", "cases": []})
    done = subprocess.run(
        [PLANTED / "shell" / "runner.sh", "run"],
        input=request + "\n", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert json.loads(done.stdout)["reason"] == "unsupported"


# --- what is named, and what is started


@pytest.mark.parametrize("command", [("list",), ("validate", "noop", "--model", "sequential")])
def test_a_runner_that_was_not_named_is_not_started(
    invoke: Invoke, home: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(home)
    code, said, _ = invoke(*command)
    assert code == 0
    assert "counter" not in said
    assert not (home / "started").exists()


def test_the_file_and_its_folder_are_the_same_name_for_a_runner(home: Path) -> None:
    found = joined(home, home / external.FILE)
    assert found.problems == []
    assert offered(found) == [("counter", "py-loop", "")]
    assert (home / "started").exists()


def test_a_run_of_an_external_runner_goes_on_only_if_it_is_named_again(
    invoke: Invoke, home: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "results", "--no-figures", "--budget", "300ms")
    strict = ("--precision", "0.0001%")  # never reached, so that there is more to measure
    assert invoke("run", "--runner", home, "--model", "py-loop", *strict, *out)[0] == 0
    (home / "started").unlink()
    code, said, err = invoke("run", "--resume", *out)
    assert (code, said) == (Exit.USAGE, "")
    assert f"repeat --runner {home / external.FILE} to go on with it" in err
    assert not (home / "started").exists()

    before = len(list(store.read_trials(store.find(tmp_path / "results"), [])))
    assert invoke("run", "--resume", "--runner", home, *out)[0] == 0
    trials = list(store.read_trials(store.find(tmp_path / "results"), []))
    assert len(trials) > before
    assert trials[0].facts == {"folder": str(home)}  # where its other words are found

    code, _, err = invoke("run", "--resume", "--runner", home, "--runner", PLANTED / "shell", *out)
    assert code == Exit.USAGE
    assert "was begun without" in err


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (lambda home: says(home, version="1.1"), "runner counting was 1.0, is 1.1"),
        (lambda home: says(home, facts={"optimised": True}), "counting: optimised was False"),
        (lambda home: toml(home, env={"A": "b"}), "source counting: loombench.toml has changed"),
        (lambda home: append(home / "runner.py"), "source counting: runner.py has changed"),
        (lambda home: append(home / "workloads/counter.toml"), "workload counter has changed"),
        (
            lambda home: says(home, implementations=[one(model="other")]),
            "implementation counter py-loop was there, is absent",
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
    assert invoke("run", "--workload", "counter", *named)[0] == 0
    before = (store.find(out) / store.TRIALS_FILE).read_bytes()
    change(home)
    code, said, err = invoke("run", "--resume", *named)
    assert (code, said) == (Exit.NOT_POSSIBLE, "")
    assert difference in err
    assert (store.find(out) / store.TRIALS_FILE).read_bytes() == before


def append(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "\n# changed\n", encoding="utf-8")


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
        ("[runners.a]\ncommand = ['x']\nworkloads = ['..']", "only a relative path without"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['/']", "only a relative path without"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['no']", "it does not exist"),
        ("[runners.a]\ncommand = ['x']\nworkloads = ['out']", "a link leads out of it"),
        ("[runners.Node]\ncommand = ['x']", "expected the name of a runner: lowercase words"),
        ("[runners.go]\ncommand = ['x']", "runners.go: found a name of ours, expected another"),
        ("[runners", "not valid TOML"),
        ("", "runners: found none, expected a table [runners.NAME]"),
    ],
)
def test_a_mistake_in_the_file_is_one_message_with_its_place(
    invoke: Invoke, tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "out").symlink_to(PLANTED)
    (tmp_path / external.FILE).write_text(text, encoding="utf-8")
    code, out, err = invoke("list", "--runner", tmp_path)
    assert (code, out) == (Exit.USAGE, "")
    assert err.startswith(f"loombench: {tmp_path / external.FILE}: ")
    assert said in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_is_said_to_be(invoke: Invoke, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        code, _, err = invoke("list", "--runner", path)
        assert code == Exit.USAGE
        assert f"--runner {path}: found no loombench.toml, expected one, or a folder" in err


def test_two_runners_of_one_name_are_refused(home: Path, tmp_path: Path) -> None:
    toml(tmp_path)
    (tmp_path / "workloads").mkdir()
    with pytest.raises(Problem, match=r"runners\.counting: found it in .* too, expected one"):
        external.read([home, tmp_path])


def test_a_workload_of_ours_cannot_be_replaced(invoke: Invoke, home: Path) -> None:
    (home / "workloads/counter.toml").rename(home / "workloads/noop.toml")
    code, _, err = invoke("list", "--runner", home)
    assert code == Exit.USAGE
    assert "found the workload 'noop', which Loombench itself has too" in err
    assert not (home / "started").exists()


def test_a_workload_from_outside_may_speak_of_models_from_outside_alone(home: Path) -> None:
    file = home / "workloads" / "counter.toml"
    text = file.read_text("utf-8")
    assert catalog.parse("counter", text, "x", from_outside=True).not_applicable
    for name in ("fibers", "py-loop"):
        ours_but_one = text.replace("fibers" if name == "py-loop" else "py-loop", "trio")
        with pytest.raises(Problem, match=f"found .*['\"]{name}['\"], expected one of"):
            catalog.parse("counter", ours_but_one, "x")
    for bad in ("Fibers!", "a--b", "x" * (LONGEST_NAME + 1)):
        with pytest.raises(Problem, match="or another model's name"):
            catalog.parse("counter", text.replace("fibers", f'"{bad}"'), "x", from_outside=True)


# --- what a runner offers


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"workload": "conter"}, "unknown workload 'conter'; did you mean counter?"),
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
        ({"source": "workloads/../../secret"}, "only a relative path without"),
        ({"source": "/etc/passwd"}, "only a relative path without"),
        ({"source": "link"}, "a link leads out of it"),
        ({"source": "circle"}, "source: found 'circle', expected a file in the runner's folder"),
        ({"source": "linked/secret"}, "a link leads out of it"),
        ({"source": ""}, "only a relative path without"),
        ({"source": "a\0b"}, "only a relative path without"),
        ({"source": "workloads"}, "found no file 'workloads'"),
        ({"source": "none.py"}, "found no file 'none.py'"),
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
    assert offered(found) == [("counter", "py-loop", "")]
    (problem,) = found.problems
    assert problem.startswith("the runner counting: 1 of its 2 implementations cannot be used: ")
    assert said in problem
    assert problem.isprintable()
    assert found.is_incomplete


def test_what_is_offered_twice_is_used_once(home: Path) -> None:
    says(home, implementations=[one(), one(), one(variant="two"), one(workload="noop")])
    found = joined(home)
    assert len(offered(found)) == 3
    assert "cannot be used: counter py-loop twice" in found.problems[0]


def test_a_model_belongs_to_one_runner(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(home, other)
    toml(other, "second", workloads=None)
    found = joined(home, other)
    assert [offer.runner for offer in found.offers()] == ["counting"]
    assert "the model 'py-loop' is that of the runner counting" in found.problems[0]


def test_many_reasons_are_cut(home: Path) -> None:
    says(home, implementations=[one(model=f"M{n}") for n in range(50)])
    (problem,) = joined(home).problems
    assert problem.endswith("and 47 more")


def test_what_a_runner_says_of_itself_is_one_printable_line(home: Path) -> None:
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
        (["./plain"], "command: found a file that may not be executed: "),
        (["workloads/"], "command: found no such file: "),
        ([sys.executable, "-c", "raise SystemExit('not today')"], "ended with 1: not today"),
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


def test_a_runner_that_says_too_much_or_leaves_something_is_stopped(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml(home, command=[sys.executable, "-S", "-c", "while True: print('x' * 1000)"])
    assert "describe was stopped: it says too much" in joined(home).problems[0]
    monkeypatch.setattr(runners, "_DESCRIBE_TIMEOUT_S", 0.3)
    toml(home, command=["sh", "-c", "sleep 20 & wait"])
    assert "describe timed out after 0.3 s" in joined(home).problems[0]


def test_no_shell_reads_the_command(home: Path) -> None:
    toml(home, command=[sys.executable, "-S", "runner.py", "describe; touch $HOME", "`id`"])
    assert "KeyError" in joined(home).problems[0]


def test_the_program_beside_the_file_comes_before_the_path(home: Path) -> None:
    (home / "sh").write_text(f"#!{sys.executable} -S\nimport runner; runner.describe()\n")
    (home / "sh").chmod(0o755)
    toml(home, command=["sh"])
    found = joined(home)
    assert found.problems == []
    assert found.found["counting"].files == (external.FILE, "sh")


def test_the_environment_of_the_file_reaches_the_trial_and_a_stray_print_does_no_harm(
    invoke: Invoke, home: Path
) -> None:
    toml(home, env={"COUNTER_SAYS": '{"kind": "finished"}'})
    code, said, err = invoke("validate", "--runner", home, "counter")
    assert (code, err) == (0, "")
    assert "counter py-loop ok" in said


# --- models


@pytest.mark.parametrize("command", ["list", "run", "validate"])
def test_a_model_from_outside_is_among_the_near_matches(
    invoke: Invoke, home: Path, command: str
) -> None:
    code, _, err = invoke(command, "--runner", home, "--model", "py-lop")
    assert code == Exit.USAGE
    assert "unknown model 'py-lop'; did you mean py-loop" in err


def test_models_from_outside_stand_after_ours_and_are_missing_where_nothing_is_offered(
    invoke: Invoke, home: Path
) -> None:
    says(home, implementations=[one(model="zeta"), one(model="alpha"), one(variant="b")])
    code, said, _ = invoke("list", "--json", "--runner", home)
    document = json.loads(said)
    assert code == 0
    found = [each for each in document["implementations"] if each["workload"] == "counter"]
    assert [each["model"] for each in found] == ["zeta", "alpha", "py-loop"]
    assert {each["runner"] for each in found} == {"counting"}
    absent = [each for each in document["absent"] if each["workload"] == "counter"]
    assert absent == []  # ours: it goes without saying
    absent = [each for each in document["absent"] if each["model"] == "zeta"]
    assert {each["why"] for each in absent} == {Absence.MISSING.value}
    assert {each["workload"] for each in absent} == {
        path.stem for path in campaign.WORKLOADS.glob("*.toml")
    }
    _, said, _ = invoke("list", "--runner", home, "--workload", "counter", "--model", "trio")
    assert "without trio: missing" in said


def test_the_order_of_models_is_ours_and_then_as_they_appear() -> None:
    assert in_order(["zeta", "go", "alpha", "zeta"]) == (*MODELS, "zeta", "alpha")


@pytest.mark.parametrize("name", ["node", "mytool-fast", "a1-2b", "x" * 40])
def test_names_that_are_those_of_models(name: str) -> None:
    assert is_model_id(name)
    assert all(map(is_model_id, MODELS))
    assert is_variant("") and is_variant("with_two_words2")  # noqa: PT018


def test_models_from_outside_have_looks_that_are_their_own_and_stay() -> None:
    names = [f"model-{number}" for number in range(200)]
    looks = style.looks([*MODELS, *names])
    assert {name: looks[name] for name in MODELS} == style.LOOKS
    assert len(set(looks.values())) == len(looks)
    assert len({look.colour for look in looks.values()}) > 20
    assert style.looks(["model-7"])["model-7"] == style.looks([*MODELS, "model-7"])["model-7"]


def test_a_link_to_the_file_leads_to_its_folder(home: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere.toml"
    link.symlink_to(home / external.FILE)
    assert external.locate(link) == home / external.FILE
