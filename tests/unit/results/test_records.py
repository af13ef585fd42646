"""The records: what is written is what is read, and unknown never becomes zero."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.catalog.contestant import Contestant
from harness.results.records import (
    SCHEMA_VERSION,
    Absence,
    AbsentCell,
    Cell,
    Run,
    Sample,
    Status,
    Trial,
)
from tests.support.factories import cell, examples, run, trial

words = st.text(max_size=8)
counts = st.integers(0, 2**63 - 1)
facts = st.dictionaries(words, words | st.booleans() | counts, max_size=3)
samples = st.builds(
    Sample,
    elapsed_ns=counts,
    operations=st.integers(1, 2**63 - 1),
    warmup=st.booleans(),
    cpu_ns=st.none() | counts,
)
any_trial = st.builds(
    Trial,
    cell=st.builds(
        Cell,
        contestant=st.builds(Contestant, workload=words, model=words, variant=words, runtime=words),
        case=words,
        control=st.booleans(),
    ),
    block=counts,
    position=counts,
    status=st.sampled_from(Status),
    started_at=words,
    wall_ns=counts,
    message=words,
    samples=st.lists(samples, max_size=3).map(tuple),
    digest=st.none() | words,
    observed=st.dictionaries(words, counts, max_size=3),
    facts=facts,
    usage=st.dictionaries(words, counts, max_size=3),
    cpu_ns=st.none() | counts,
    stderr_end=words,
    warnings=st.lists(words, max_size=2).map(tuple),
    disturbed_rounds=st.lists(counts, max_size=2).map(tuple),
)


@given(any_trial)
@examples(100)
def test_a_trial_is_read_as_it_was_written(record: Trial) -> None:
    line = msgspec.json.encode(record)
    assert msgspec.json.decode(line, type=Trial) == record
    assert b"\n" not in line


def test_a_run_is_read_as_it_was_written() -> None:
    record = run(
        [cell("asyncio"), cell("asyncio", variant="threads")],
        [AbsentCell(cell("uvloop"), Absence.UNAVAILABLE, "it is not installed")],
    )
    assert msgspec.json.decode(msgspec.json.encode(record), type=Run) == record
    assert record.schema_version == SCHEMA_VERSION


def test_unknown_cpu_time_is_left_out_and_zero_is_written() -> None:
    unknown, zero = Sample(1, 1), Sample(1, 1, cpu_ns=0)
    assert "cpu_ns" not in json.loads(msgspec.json.encode(unknown))
    assert json.loads(msgspec.json.encode(zero))["cpu_ns"] == 0
    assert msgspec.json.decode(msgspec.json.encode(unknown), type=Sample).cpu_ns is None


def test_a_field_of_a_later_version_is_ignored() -> None:
    line = json.dumps({**json.loads(msgspec.json.encode(trial())), "mood": "good"})
    assert msgspec.json.decode(line, type=Trial) == trial()


def test_a_status_that_does_not_exist_is_refused() -> None:
    line = msgspec.json.encode(trial()).replace(b'"ok"', b'"fine"')
    with pytest.raises(msgspec.ValidationError, match=r"fine.*\$\.status"):
        msgspec.json.decode(line, type=Trial)


def test_cells_are_ordered_by_workload_then_model_then_variant_then_case() -> None:
    cells = [
        Cell(Contestant("b", "a"), "a"),
        Cell(Contestant("a", "a"), "b"),
        Cell(Contestant("a", "b"), "a"),
        Cell(Contestant("a", "a", "b"), "a"),
        Cell(Contestant("a", "a"), "a"),
    ]
    assert sorted(cells) == [cells[4], cells[1], cells[3], cells[2], cells[0]]


def test_equal_cells_are_one_key() -> None:
    assert len({cell("trio"), cell("trio"), cell("trio", variant="streams")}) == 2


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        cell().case = "check"


@pytest.mark.parametrize(
    ("contestant", "name", "key"),
    [
        (Contestant("demo", "asyncio"), "asyncio", "demo/asyncio@default"),
        (Contestant("demo", "go", "fast"), "go · fast", "demo/go/fast@default"),
        (Contestant("demo", "go", "", "1.25"), "go @ 1.25", "demo/go@1.25"),
    ],
)
def test_a_contestant_has_a_name_for_people_and_a_key_for_programs(
    contestant: Contestant, name: str, key: str
) -> None:
    assert (contestant.name, contestant.key) == (name, key)
    assert Cell(contestant, "check", control=True).name == f"{name} (again)"
