"""Our own sentences with numbers, in README.md: claims that hold, or what the code says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.catalog import workload_file
from harness.catalog.workload import Workload
from harness.claims import ledger
from harness.errors import Exit
from harness.measuring.plan import PROFILES
from harness.paths import ROOT, WORKLOADS
from harness.presenting.reference import Repository
from harness.results import store
from harness.statistics.estimates import MIN_FOR_INTERVAL
from tests.support.command import Invoke
from tests.support.ledgers import LEDGER
from tests.support.references import OWN, measured

REPOSITORY = Repository()
README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CLAIMS = ledger.load([REPOSITORY.ledger], only=True)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")

MUST_HOLD = ("--only", "--ledger", REPOSITORY.ledger, "--must-hold")


# --- the sentences


def test_there_are_enough_of_them_over_the_workloads_that_matter() -> None:
    assert 12 <= len(CLAIMS) <= 20
    measured = {claim.measure.workload for claim in CLAIMS if claim.measure is not None}
    assert measured >= {"pingpong", "fanout", "sumsquares", "echo", "http", "heartbeat", "timers"}
    assert "footprint" in measured


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_numbers_of_a_sentence_are_those_of_its_range(claim: ledger.Claim) -> None:
    assert claim.range is not None
    in_range = set(NUMBER.findall(claim.range.text))
    assert in_range <= set(NUMBER.findall(claim.says))
    assert claim.says.endswith(".")
    assert claim.belief, "a finding is chosen because people believe otherwise"


# --- held against a run


def test_the_committed_run_bears_out_every_sentence(invoke: Invoke) -> None:
    code, said, err = invoke("claims", REPOSITORY.run, *MUST_HOLD)
    assert (code, err) == (Exit.SUCCESS, "")
    assert f"Of {len(CLAIMS)} measured claims, {len(CLAIMS)} hold" in said


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a run of the demo, beside the ledger `own.toml` of which one claim holds."""
    (tmp_path / "own.toml").write_text(LEDGER, encoding="utf-8")
    return measured(tmp_path / "results")


def test_each_that_does_not_hold_has_one_line_with_what_to_do(
    invoke: Invoke, small: Path, tmp_path: Path
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(LEDGER.replace("40 to 60 ms", "at least 1 s"), encoding="utf-8")
    code, said, err = invoke("claims", small, "--only", "--ledger", path, "--must-hold")
    assert code == Exit.FAILED
    assert "A demo takes 50 ms." in said
    contradicted, absent, later = err.splitlines()
    assert contradicted == (
        f"loombench: {path}: quick: contradicted: “A demo takes 50 ms.” asyncio, elapsed time:"
        " 51.0 ms [50.0, 52.0], below the claimed range (at least 1 s) by a factor of at least 19."
        " What to do: correct the sentence and its range, or find what has changed."
    )
    assert f"{path}: better-2.0: unmeasured: “trio is better.” " in absent
    assert later.endswith("planned: behaviour. What to do: measure it too, or remove the claim.")


def test_what_is_undecided_does_not_hold(invoke: Invoke, small: Path, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace("40 to 60 ms", "at most 51 ms"), encoding="utf-8")
    code, _, err = invoke("claims", small, "--only", "--ledger", path, "--must-hold")
    assert code == Exit.FAILED
    assert "quick: undecided:" in err
    assert err.endswith("What to do: measure longer, or claim a wider range.\n")


def test_unless_they_must_hold_the_exit_code_is_0(
    invoke: Invoke, small: Path, tmp_path: Path
) -> None:
    named = ("claims", small, "--only", "--ledger", tmp_path / "own.toml", "--json")
    code, said, err = invoke(*named)
    assert (code, err) == (Exit.SUCCESS, "")
    assert json.loads(said)["counts"]["holds"] == 1
    assert len(json.loads(said)["claims"]) == 3  # and none of the ledger that comes with us
    assert invoke(*named, "--must-hold")[0] == Exit.FAILED


def test_only_needs_something_to_take_claims_from(invoke: Invoke, small: Path) -> None:
    code, said, err = invoke("claims", small, "--only")
    assert (code, said) == (Exit.USAGE, "")
    assert err == "loombench: --only: found no --ledger, expected at least one\n"


# --- what README.md says of the method


WORDS = {"half an hour": "30m", "two hours": "2h"}


def test_how_long_it_measures_is_the_budget_of_the_profile() -> None:
    (words,) = re.findall(r"`make compare` [^.]*measures for ([a-z ]+), and", README)
    assert WORDS[words] == f"{PROFILES['standard'].budget_s / 60:g}m"
    (by_profile,) = re.findall(r"by profile: ([\dm, ]+)\]", MAKEFILE)
    assert by_profile.split(", ") == [f"{p.budget_s / 60:g}m" for p in PROFILES.values()]
    (words,) = re.findall(r"^reference: .*## measure for ([a-z ]+), or", MAKEFILE, re.MULTILINE)
    assert f"--budget $(or $(BUDGET),{WORDS[words]})" in MAKEFILE


def test_how_many_processes_an_interval_needs_is_what_statistics_says() -> None:
    (word,) = re.findall(r"which needs at least ([a-z]+) processes", README)
    assert {"five": 5}[word] == MIN_FOR_INTERVAL


def workload(id_: str) -> Workload:
    path = WORKLOADS / f"{id_}.toml"
    return workload_file.parse(id_, path.read_text("utf-8"), path.name)


@pytest.mark.parametrize("id_", ["fanout", "timers"])
def test_the_list_of_workloads_names_the_ends_of_a_sweep(id_: str) -> None:
    (ends,) = re.findall(rf"`{id_}` \(([\d,]+ to [\d,]+) ", README)
    least, most = (int(end.replace(",", "")) for end in ends.split(" to "))
    one = workload(id_)
    values = [case.params[one.sweep.param] for case in one.cases.values() if case.id != "check"]
    assert (least, most) == (min(values), max(values))


def test_the_machine_of_the_limits_is_the_machine_of_the_run() -> None:
    (kind, cores) = re.findall(r"come from one (virtual )?machine with (\w+)\s+cores", README)[0]
    machine = store.read_run(REPOSITORY.run).machine
    assert bool(kind) == bool(machine.virtualisation)
    assert {"two": 2, "four": 4, "eight": 8}[cores] == machine.logical_cores
