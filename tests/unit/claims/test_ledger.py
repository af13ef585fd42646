"""Ledgers: ours is sound, a good one is read as it is written, a broken one says what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.behaviours import question as question_file
from harness.catalog import workload_file
from harness.catalog.contestant import Contestant
from harness.catalog.workload import MODELS, Workload
from harness.claims import ledger
from harness.claims.judge import CORES
from harness.claims.ledger import Citation, Claim, Range
from harness.errors import Problem
from harness.paths import ROOT, WORKLOADS
from harness.traces import scene as scenes
from tests.support.ledgers import LEDGER

VARIANTS = {
    (path.parent.name, path.stem.partition("__")[2])
    for path in (ROOT / "python" / "workloads").glob("*/on_*__*.py")
} | {
    (path.parent.name, name.lower())
    for path in (ROOT / "go" / "workloads").glob("*/*.go")
    for name in re.findall(r"^func Run(\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return ledger.load()


@pytest.fixture(scope="module")
def shipped() -> dict[str, Workload]:
    return workload_file.load_folder(WORKLOADS)


# --- the built-in ledger


def test_every_claim_cites_a_document_and_a_section_of_it(claims: list[Claim]) -> None:
    for claim in claims:
        assert claim.citations, claim.id
        assert all(citation.document and citation.section for citation in claim.citations), claim.id


def test_every_claim_is_measured_by_what_there_is_or_says_what_it_waits_for(
    claims: list[Claim], shipped: dict[str, Workload]
) -> None:
    for claim in claims:
        _can_be_measured(claim, shipped)


def _can_be_measured(claim: Claim, shipped: dict[str, Workload]) -> None:
    measure = claim.measure
    if claim.behaviour is not None:
        question = question_file.load_folder()[claim.behaviour.question]
        assert claim.behaviour.word in question.words, claim.id
        assert claim.behaviour.model not in question.not_applicable, claim.id
        return
    if claim.trace is not None:
        scene = scenes.load_folder()[claim.trace.scene]
        assert claim.trace.model not in scene.not_applicable, claim.id
        return
    if measure is None:
        assert claim.waits_for not in shipped, f"{claim.id} can be measured now"
        return
    workload = shipped[measure.workload]
    assert measure.case in workload.cases, claim.id
    _check_measured(workload, measure.case, measure.this)
    if measure.is_ratio:
        assert measure.to_case in workload.cases, claim.id
        _check_measured(workload, measure.to_case, measure.to)
    metrics = measure.formula.names & workload.metrics.keys()
    assert len(metrics) == 1, claim.id
    assert measure.formula.names - metrics <= {*workload.params, CORES}, claim.id


def _check_measured(workload: Workload, case: str, contestant: Contestant) -> None:
    """Check that a contestant exists, and that the workload does not exclude it from a case."""
    model = contestant.model
    assert contestant.workload == workload.id
    assert model in MODELS
    assert contestant.is_plain or (workload.id, contestant.variant) in VARIANTS
    assert model not in workload.not_applicable
    assert workload.find_limit(workload.cases[case], model) is None
    assert workload.find_exclusion(workload.cases[case], model) is None


def test_every_range_of_a_bare_metric_is_in_its_unit(
    claims: list[Claim], shipped: dict[str, Workload]
) -> None:
    for claim in claims:
        _has_the_unit_of_its_metric(claim, shipped)


def _has_the_unit_of_its_metric(claim: Claim, shipped: dict[str, Workload]) -> None:
    if claim.measure is None or claim.measure.is_ratio or claim.measure.label:
        return
    assert claim.range is not None, claim.id
    unit = shipped[claim.measure.workload].metrics[claim.measure.formula.text].unit
    assert claim.range.unit in (unit, unit.partition("/")[0]), claim.id


def test_no_two_claims_are_the_same(claims: list[Claim]) -> None:
    assert len({claim.id for claim in claims}) == len(claims)
    assert len({claim.says for claim in claims}) == len(claims)


# --- what a ledger says


def test_a_ledger_is_read_as_it_is_written() -> None:
    quick, better, later = ledger.parse(LEDGER, "own.toml")
    assert (quick.id, quick.says) == ("quick", "A demo takes 50 ms.")
    assert quick.citations == (
        Citation("A document", "A section: the first"),
        Citation("A document", "Another"),
    )
    assert quick.range == Range(40e6, 60e6, "ns", "40 to 60 ms")
    assert quick.measure is not None
    assert (quick.measure.case, quick.measure.is_ratio) == ("headline", False)
    assert better.measure is not None
    assert better.measure.this == Contestant("demo", "trio")
    assert better.measure.to == Contestant("demo", "asyncio", "threads")
    assert better.measure.to_case == "tasks-1"
    assert better.measure.label == "time per task"
    assert (later.measure, later.range, later.waits_for) == (None, None, "behaviour")
    assert {claim.ledger for claim in (quick, better, later)} == {"own.toml"}


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("1 to 10 µs", 1_000, 10_000, "ns"),
        ("1 to 10 us", 1_000, 10_000, "ns"),
        ("at most 1.5 s", None, 1.5e9, "ns"),
        ("10 to 50 KB", 10 * 1024, 50 * 1024, "bytes"),
        ("at least 1 MiB", 2**20, None, "bytes"),
        ("2 to 4x", 2, 4, "x"),
        ("at least 0.5x", 0.5, None, "x"),
        ("10,000 to 100,000 requests/s", 1e4, 1e5, "requests/s"),
        ("0 to 1 requests", 0, 1, "requests"),
        ("3 to 3 units", 3, 3, "units"),
    ],
)
def test_a_range_is_read_into_base_units(
    text: str, low: float | None, high: float | None, unit: str
) -> None:
    assert ledger.parse_range(text) == Range(low, high, unit, text)


@pytest.mark.parametrize(
    "text",
    ["", "fast", "1 to", "10 to 1 µs", "1 to 10", "at least x", "about 3x", "1-10 µs", "-1 to 3x"],
)
def test_what_is_no_range_is_none(text: str) -> None:
    assert ledger.parse_range(text) is None


# name -> (a stretch of the good ledger, what it becomes, how the message goes on after the file)
BROKEN = {
    "documents absent": ('[documents]\nD = "A document"', "", "documents: found nothing, expected"),
    "document no text": ('D = "A document"', "D = 3", "documents.D: found 3, expected a text"),
    "no claims": (
        LEDGER[LEDGER.index("[claims.quick]") :],
        "",
        "claims: found none, expected at least one",
    ),
    "table unknown": ("[documents]", "[document]\n[documents]", "document: unknown key, expected"),
    "id": ("[claims.quick]", '[claims."Not so"]', 'claims.Not so: found "Not so", expected lower'),
    "says absent": (
        'says = "A demo takes 50 ms."\n',
        "",
        "claims.quick.says: found nothing, expected a sentence",
    ),
    "says too long": (
        "A demo takes 50 ms.",
        "A demo takes 50 ms. " * 9,
        'claims.quick.says: found "A demo',
    ),
    "reading of two lines": (
        '"The time of ten waits at once."',
        '"""a\nb"""',
        "claims.quick.reading: found",
    ),
    "sources none": (
        '["D: A section: the first", "D: Another"]',
        "[]",
        "claims.quick.sources: found [], expected at least one `DOCUMENT: section`",
    ),
    "source without a section": (
        '"D: Another"',
        '"D"',
        'claims.quick.sources: found "D", expected `DOCUMENT: section`, DOCUMENT one of D',
    ),
    "source unknown": ('"D: Another"', '"E: Another"', 'claims.quick.sources: found "E: Another"'),
    "workload absent": (
        'workload = "demo"\nthis',
        "this",
        "claims.quick.workload: found nothing, expected the id of a workload, or `waits_for`",
    ),
    "this absent": ('this = "asyncio"\n', "", "claims.quick.this: found nothing, expected"),
    "this no contestant": (
        'this = "asyncio"',
        'this = "asyncio, trio"',
        'claims.quick.this: found "asyncio, trio", expected a model, or `model · variant`',
    ),
    "measure no formula": (
        '"elapsed"',
        '"elapsed +"',
        'claims.quick.measure: found "elapsed +", expected a formula of one metric (not a formula',
    ),
    "formula without words": (
        'measure = "elapsed"',
        'measure = "2 * elapsed"',
        "claims.quick.label: found nothing, expected the formula in words",
    ),
    "range absent": (
        'range = "40 to 60 ms"\n',
        "",
        "claims.quick.range: found nothing, expected a range such as `1 to 10 µs`",
    ),
    "range crossed": (
        '"40 to 60 ms"',
        '"60 to 40 ms"',
        'claims.quick.range: found "60 to 40 ms", expected a range such as `1 to 10 µs`',
    ),
    "range of a ratio in ms": (
        '"at most 0.5x"',
        '"at most 5 ms"',
        'claims.better-2.0.range: found "at most 5 ms", expected a ratio, because of `to`',
    ),
    "key misspelt": (
        'this = "asyncio"',
        'this = "asyncio"\ncsae = "check"',
        "claims.quick.csae: unknown key, expected 'case'",
    ),
    "another case to compare with nothing": (
        'this = "asyncio"',
        'this = "asyncio"\nto_case = "check"',
        "claims.quick.to_case: unknown key",
    ),
    "waits and is measured": (
        'waits_for = "behaviour"',
        'waits_for = "behaviour"\nworkload = "demo"',
        "claims.later.workload: unknown key",
    ),
}


@pytest.mark.parametrize(("good", "bad", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_ledger_is_refused_with_its_name_the_key_the_found_and_the_expected(
    good: str, bad: str, message: str
) -> None:
    assert good in LEDGER
    with pytest.raises(Problem) as caught:
        ledger.parse(LEDGER.replace(good, bad, 1), "own.toml")
    assert str(caught.value).startswith(f"own.toml: {message}")


@pytest.mark.parametrize("text", ["claims = ", "a = " + "[" * 5_000, "[claims.a]\n[claims.a]"])
def test_what_is_no_toml_is_refused(text: str) -> None:
    with pytest.raises(Problem, match=r"^own\.toml: not valid TOML: "):
        ledger.parse(text, "own.toml")


def test_the_ledgers_of_users_are_added_to_ours(claims: list[Claim], tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(LEDGER, encoding="utf-8")
    found = ledger.load([tmp_path / "own.toml"])
    added = found[len(claims) :]
    assert found[: len(claims)] == claims
    assert [claim.id for claim in added] == ["quick", "better-2.0", "later"]
    assert {claim.ledger for claim in added} == {str(tmp_path / "own.toml")}


def test_an_id_that_stands_in_two_ledgers_is_refused_with_both_files(
    claims: list[Claim], tmp_path: Path
) -> None:
    known = claims[0].id
    path = tmp_path / "own.toml"
    path.write_text(LEDGER.replace("claims.quick", f"claims.{known}"), encoding="utf-8")
    expected = f"{path}: claims.{known}: found an id that claims.toml uses already"
    with pytest.raises(Problem, match=f"^{re.escape(expected)}"):
        ledger.load([path])


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "no text"])
def test_a_ledger_that_cannot_be_read_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "own.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem, match="cannot be read"):
        ledger.load([path])


def test_the_example_of_the_documents_is_a_ledger_on_what_there_is(
    shipped: dict[str, Workload],
) -> None:
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    shown = ledger.parse(example, "example")
    for claim in shown:
        _can_be_measured(claim, shipped)
        _has_the_unit_of_its_metric(claim, shipped)
    assert [claim.measure is None for claim in shown] == [False, False]


def test_every_key_of_a_ledger_is_explained() -> None:
    text = (ROOT / "docs" / "claims.md").read_text(encoding="utf-8")
    explained = {
        key for row in re.findall(r"^\| (`\w.*?) \|", text, re.MULTILINE) for key in _keys(row)
    }
    files = (ledger.BUILT_IN, ROOT / "docs" / "own-claims.toml")
    ledgers = (LEDGER, *(path.read_text(encoding="utf-8") for path in files))
    used = {key for one in ledgers for key in re.findall(r"^(\w+) = ", one, re.MULTILINE)}
    assert used - {"D", "D0", "D1", "D2", "D3", "D4", "README", "findings"} == explained


def _keys(row: str) -> list[str]:
    return re.findall(r"`(\w+)`", row)
