"""harness.runners: what cannot be used is a reason or a problem, and never an exception."""

from __future__ import annotations

import os
import shutil
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.catalog.contestant import Contestant
from harness.measuring import plan
from harness.measuring.runners import describing, find, go_build
from harness.measuring.runners.describing import Question
from harness.measuring.runners.revision import Revision
from harness.measuring.runners.runner import Offer, Runners
from harness.paths import ROOT
from harness.results.records import Absence
from tests.support.planted.bench import planted, workload

if TYPE_CHECKING:
    from pathlib import Path


GO_VERSION = "go version go1.99.1 linux/amd64"
GO_MOD = "module loombench\n\ngo 1.24.0\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository, on a machine without Go."""
    monkeypatch.setattr(go_build, "ROOT", tmp_path)
    monkeypatch.setattr(find, "ROOT", tmp_path)
    monkeypatch.setattr(
        go_build, "sys", SimpleNamespace(**{**vars(sys), "prefix": str(tmp_path / "env")})
    )
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


@pytest.fixture
def sources(root: Path) -> Path:
    """The sources of what is written in Go, and binaries that were built from them."""
    folder = root / "go"
    for path in (
        "go.mod",
        "go.sum",
        "runner/main.go",
        "load/main.go",
        "trace/main.go",
        "internal/protocol/load.go",
    ):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(GO_MOD if path == "go.mod" else "", encoding="utf-8")
    for binary in built(folder):
        make(binary, "#!/bin/sh\n")
    key = go_build._create_key(folder, GO_VERSION)
    (folder / "bin" / go_build._KEY_FILE).write_text(key, encoding="utf-8")
    return folder


def built(folder: Path) -> go_build.GoBinaries:
    names = ("runner", "lean", "load", "trace")
    return go_build.GoBinaries(*(folder / "bin" / name for name in names))


def make(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


def fake_go(folder: Path, says: str = GO_VERSION, then: str = "") -> Path:
    """Make a `go` that tells its version and logs every other command."""
    script = f"""#!/bin/sh
if [ "$1" = version ]; then echo "{says}"; exit; fi
if [ "$1" = env ]; then echo '{{"GOPROXY": "off"}}'; exit; fi
echo "$GOTOOLCHAIN go $@" >> "{folder}/log"
/usr/bin/env > "{folder}/env"
{then}
if [ -d "$5" ]; then : > "$5/runner"; : > "$5/load"; : > "$5/trace"
elif [ "$1" = build ]; then : > "$5"; fi
"""
    return make(folder / "go", script)


# --- find_go


def found_go(root: Path) -> tuple[str | None, str]:
    go_mod = root / "go.mod"
    go_mod.write_text(GO_MOD, encoding="utf-8")
    return go_build.find_go(go_mod)


def test_without_go_the_reason_says_what_to_do(root: Path) -> None:
    assert found_go(root) == (
        None,
        "no Go found; install Go, or run `make setup` with a network",
    )


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("go version go1.23.9 linux/amd64", "found Go 1.23, expected 1.24 or later"),
        ("go version go1.9 linux/amd64", "found Go 1.9, expected 1.24 or later"),
        ("a game of stones", "found Go of unknown version, expected 1.24 or later"),
    ],
)
def test_a_go_that_is_too_old_is_named_with_the_needed_version(
    root: Path, says: str, reason: str
) -> None:
    fake_go(root / "path", says)
    go, found = found_go(root)
    assert go is None
    assert found.startswith(reason)


@pytest.mark.parametrize("says", ["go version go1.24 linux/amd64", "go version go2.0 plan9/arm"])
def test_a_go_that_is_new_enough_is_taken_from_the_path(root: Path, says: str) -> None:
    assert found_go(root)[0] is None
    go = fake_go(root / "path", says)
    assert found_go(root) == (str(go), "")


def test_the_go_of_the_environment_replaces_one_that_is_too_old(root: Path) -> None:
    fake_go(root / "path", "go version go1.2.3 linux/amd64")
    own = fake_go(root / "env" / "bin")
    assert found_go(root) == (str(own), "")


def test_a_file_named_go_that_cannot_be_run_is_no_go(root: Path) -> None:
    make(root / "path" / "go", "this is no program")
    assert found_go(root)[0] is None


# --- build_go


def test_nothing_is_built_when_nothing_changed(sources: Path) -> None:
    assert go_build.build_go() == (built(sources), "")  # and there is no Go here


@pytest.mark.parametrize(
    "changed", ["go.mod", "go.sum", "runner/main.go", "load/main.go", "internal/protocol/load.go"]
)
def test_a_source_that_changed_is_built(sources: Path, root: Path, changed: str) -> None:
    fake_go(root / "path")
    (sources / changed).write_text(GO_MOD + "// changed\n", encoding="utf-8")
    assert go_build.build_go() == (built(sources), "")
    assert (root / "path" / "log").exists()


def test_a_source_that_was_only_touched_is_not_built(sources: Path, root: Path) -> None:
    fake_go(root / "path")
    os.utime(sources / "runner" / "main.go")
    assert go_build.build_go() == (built(sources), "")
    assert not (root / "path" / "log").exists()


@pytest.mark.parametrize("binary", ["runner", "lean", "load", "trace"])
def test_a_binary_that_is_not_there_is_built(sources: Path, root: Path, binary: str) -> None:
    fake_go(root / "path")
    (sources / "bin" / binary).unlink()
    assert go_build.build_go() == (built(sources), "")
    assert (root / "path" / "log").read_text(encoding="utf-8").count("go build") == 2


def test_programs_that_cannot_be_written_are_a_reason(sources: Path, root: Path) -> None:
    fake_go(root / "path")
    shutil.rmtree(sources / "bin")
    (sources / "bin").touch()
    found, reason = go_build.build_go()
    assert found is None
    assert reason.startswith(f"{sources / 'bin'} cannot be written: File exists; make it writable")


def test_another_go_builds_anew(sources: Path, root: Path) -> None:
    fake_go(root / "path", "go version go2.0 plan9/arm")
    assert go_build.build_go() == (built(sources), "")
    assert (root / "path" / "log").exists()


def test_settings_of_go_do_not_reach_a_build_but_those_of_the_network_do(
    sources: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmful = ("GOFLAGS", "GOOS", "GOARCH", "GOAMD64", "GOGC", "GODEBUG", "GOEXPERIMENT", "CC")
    for name in harmful:
        monkeypatch.setenv(name, "harmful")
    monkeypatch.setenv("GOENV", "/somewhere/env")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    fake_go(root / "path")
    shutil.rmtree(sources / "bin")
    assert go_build.build_go() == (built(sources), "")
    environment = (root / "path" / "env").read_text(encoding="utf-8").splitlines()
    assert not [line for line in environment if "harmful" in line]
    assert {"GOENV=off", "GOWORK=off", "GOPROXY=off", "HTTPS_PROXY=http://proxy"} <= {*environment}


def test_the_registry_is_made_before_the_build_and_no_toolchain_is_downloaded(
    sources: Path, root: Path
) -> None:
    fake_go(root / "path")
    shutil.rmtree(sources / "bin")
    go_build.build_go()
    commands = (root / "path" / "log").read_text(encoding="utf-8").splitlines()
    assert [command.split()[:3] for command in commands] == [
        ["local", "go", "run"],
        ["local", "go", "build"],
        ["local", "go", "build"],
    ]


def test_what_was_just_built_is_not_built_again(sources: Path, root: Path) -> None:
    # This Go leaves the binary as it is, as the real one does when the result is the same.
    fake_go(root / "path", then="exit 0")
    (sources / "runner" / "main.go").write_text("// changed", encoding="utf-8")
    go_build.build_go()
    once = (root / "path" / "log").read_text(encoding="utf-8")
    go_build.build_go()
    assert (root / "path" / "log").read_text(encoding="utf-8") == once


@pytest.mark.parametrize("step", ["run", "build"])
def test_a_build_that_fails_gives_the_end_of_its_output(
    sources: Path, root: Path, step: str
) -> None:
    fails = f'if [ "$1" = {step} ]; then echo "main.go:1:1: expected package" >&2; exit 1; fi'
    fake_go(root / "path", then=fails)
    (sources / "runner" / "main.go").write_text("// changed", encoding="utf-8")
    assert go_build.build_go() == (None, f"go {step} failed: main.go:1:1: expected package")


def test_without_sources_there_is_no_go_runner(root: Path) -> None:
    binary, reason = go_build.build_go()
    assert binary is None
    assert "sources are not here" in reason


def test_changed_sources_without_go_give_the_reason_and_not_the_old_binary(sources: Path) -> None:
    (sources / "runner" / "main.go").write_text("// changed", encoding="utf-8")
    binary, reason = go_build.build_go()
    assert binary is None
    assert reason.startswith("no Go found")


# --- describe


def add(found: Runners, command: tuple[str, ...]) -> None:
    find._add_runners(found, [find._Undescribed(Question(command, {}), "planted", ("go",), ())])


def described(way: str) -> Runners:
    found = Runners()
    add(found, planted(way, "describing"))
    return found


@pytest.mark.parametrize(
    ("way", "says"),
    [
        ("failing", "describe ended with exit code 1: a library is missing"),
        ("killed", "describe ended by signal 9"),
        ("other_protocol", "the runner speaks protocol 3, this harness speaks 1 and 2"),
        ("garbage", "'Usage: something else'"),
        ("nothing", "describe"),
        ("incomplete", "version"),
        ("wrong_type", "implementations"),
        ("not_utf8", "describe"),
        ("nested_too_deep", "describe"),
        ("hanging", "timed out"),
    ],
)
def test_a_runner_that_cannot_be_used_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, way: str, says: str
) -> None:
    if way == "hanging":
        monkeypatch.setattr(describing, "DEADLINE_S", 0.3)
    found = described(way)
    assert found.found == {}
    (problem,) = found.problems
    assert problem.startswith("the planted runner cannot be used: ")
    assert says in problem
    assert found.missing_models == {"go": problem}


def test_a_command_that_does_not_exist_is_a_problem() -> None:
    found = Runners()
    add(found, ("loombench-no-such-command",))
    assert "loombench-no-such-command" in found.problems[0]


def test_a_runner_offers_its_implementations() -> None:
    found = described("good")
    assert found.problems == []
    assert list(found.offers()) == [Offer(Contestant("planted", "threads"), "planted", "here")]


def test_an_offer_of_an_unavailable_model_carries_the_reason() -> None:
    (offer,) = described("unavailable").offers()
    assert offer.unavailable == "one core"


def test_finding_runners_never_raises_and_names_what_is_missing(root: Path) -> None:
    found = find.find_runners()
    assert found.found == {}
    assert found.missing_models["go"] == found.missing_models["go-1cpu"]
    assert "sources are not here" in found.missing_models["go"]
    assert any(problem.startswith("the python runner cannot be used") for problem in found.problems)


def test_models_whose_runner_cannot_be_used_are_unavailable_and_not_missing(root: Path) -> None:
    found = find.find_runners()
    present, absent = plan.plan_cells(
        [workload()], plan.RunSelection(), found.offers(), found.missing_models, None
    )
    assert present == []
    assert {cell.absence for cell in absent} == {Absence.UNAVAILABLE}


def test_the_runners_of_this_repository_are_found() -> None:
    found = find.find_runners()
    assert found.problems == []
    assert "python" in found.found
    if "go" in found.found:
        assert found.load_command == (str(ROOT / "go" / "bin" / "load"),)


# --- the runners of a revision


@pytest.mark.parametrize(
    ("models", "edited", "builds"),
    [
        ((), False, [None]),
        ((), True, ["revision"]),
        (("go",), True, ["revision"]),
        (("trio", "asyncio"), True, []),
    ],
)
def test_the_go_programs_of_a_revision_are_built_if_they_are_needed_and_differ(
    sources: Path,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    models: tuple[str, ...],
    edited: bool,
    builds: list[str | None],
) -> None:
    folder = root / "revision"
    shutil.copytree(sources, folder / "go")
    if edited:
        (folder / "go" / "runner" / "main.go").write_text("package main", encoding="utf-8")
    asked: list[str | None] = []

    def build_go(of: Path | None) -> tuple[None, str]:
        asked.append(of.name if of else None)
        return None, "no Go found"

    monkeypatch.setattr(find, "build_go", build_go)
    found = find.find_runners_of(Revision("HEAD", "1a2b3c4d5e", folder), models)
    assert asked == builds
    assert (found.missing_models.get("go") == "no Go found") == bool(builds)


def test_a_runner_of_a_revision_has_its_label_and_runs_in_its_folder(tmp_path: Path) -> None:
    copy = Revision("HEAD", "1a2b3c4d5e", tmp_path)
    shutil.copytree(
        ROOT / "python", tmp_path / "python", ignore=shutil.ignore_patterns("__pycache__")
    )
    (runner,) = find.find_runners_of(copy, ("asyncio",)).found.values()
    assert (runner.key, runner.name, runner.home) == ("python @ 1a2b3c4d", "python", tmp_path)
    assert runner.env == {"PYTHONPATH": str(tmp_path / "python")}
    assert runner.path_in_run("a.py") == "python @ 1a2b3c4d: a.py"
