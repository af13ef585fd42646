"""Verdicts on claims: by the interval, at the ends of ranges, and honest where nothing is known."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import structs

from harness.analysis.analyse import analyse
from harness.claims import judge, judgement, ledger
from harness.claims.judgement import ClaimVerdict, JudgedClaim
from harness.results.records import Absence, AbsentCell, Sample, Status, Trial
from tests.support.factories import CRASHED, analysed, cell, run, trial, trials
from tests.support.ledgers import LEDGER, MS, a_claim, checked
from tests.support.scenes import analysis_of

SAME = [50 * MS] * 5
SPREAD = [50 * MS, 55 * MS, 60 * MS, 65 * MS, 70 * MS]


def verdict(claim_range: str, values: list[int], **keys: str) -> ClaimVerdict:
    return checked(a_claim(claim_range, **keys), *trials("asyncio", values)).verdict


# --- by the interval


@pytest.mark.parametrize(
    ("claim_range", "expected"),
    [
        ("40 to 60 ms", ClaimVerdict.HOLDS),
        ("50 to 60 ms", ClaimVerdict.HOLDS),  # the ends belong to the range
        ("40 to 50 ms", ClaimVerdict.HOLDS),
        ("50 to 50 ms", ClaimVerdict.HOLDS),
        ("at least 50 ms", ClaimVerdict.HOLDS),
        ("at most 50 ms", ClaimVerdict.HOLDS),
        ("50.1 to 60 ms", ClaimVerdict.CONTRADICTED),
        ("40 to 49.9 ms", ClaimVerdict.CONTRADICTED),
        ("at least 50.1 ms", ClaimVerdict.CONTRADICTED),
        ("at most 49.9 ms", ClaimVerdict.CONTRADICTED),
    ],
)
def test_a_value_known_exactly_is_inside_or_outside(
    claim_range: str, expected: ClaimVerdict
) -> None:
    assert verdict(claim_range, SAME) is expected


@pytest.mark.parametrize(
    ("claim_range", "expected"),
    [
        ("at most 60 ms", ClaimVerdict.UNDECIDED),  # the estimate is inside, the interval is not
        ("at least 60 ms", ClaimVerdict.UNDECIDED),
        ("59 to 61 ms", ClaimVerdict.UNDECIDED),  # the interval is wider than the range
        ("50 to 70 ms", ClaimVerdict.HOLDS),
        ("at least 71 ms", ClaimVerdict.CONTRADICTED),
    ],
)
def test_an_interval_that_straddles_an_end_decides_nothing(
    claim_range: str, expected: ClaimVerdict
) -> None:
    assert verdict(claim_range, SPREAD) is expected


@pytest.mark.parametrize("claim_range", ["40 to 60 ms", "at most 1 ms"])
def test_without_an_interval_nothing_is_decided(claim_range: str) -> None:
    found = checked(a_claim(claim_range), *trials("asyncio", SAME[:4]))
    assert (found.verdict, found.value, found.low, found.n) == (
        ClaimVerdict.UNDECIDED,
        50e6,
        None,
        4,
    )
    assert "too few processes" in found.sentence


def test_a_contestant_that_fails_now_and_then_decides_nothing() -> None:
    found = checked(a_claim(), *trials("asyncio", SAME), trial("asyncio", 5, **CRASHED))
    assert found.verdict is ClaimVerdict.UNDECIDED
    assert "1 of 6 trials of asyncio failed" in found.sentence


@pytest.mark.parametrize(
    ("measure", "verdict", "why"),
    [
        ("cpu", ClaimVerdict.HOLDS, "inside the claimed range"),
        ("throughput", ClaimVerdict.UNDECIDED, "but uvloop is client limited, not ranked"),
    ],
)
def test_a_claim_on_cpu_time_holds_whoever_limited_the_server(
    measure: str, verdict: ClaimVerdict, why: str
) -> None:
    claim = a_claim("0.0001 to 10000x", workload="echo", this="uvloop", to="trio", measure=measure)
    (found,) = judge.judge_claims([claim], analysis_of("contestants without a rank"))
    assert found.verdict is verdict
    assert why in found.sentence


@pytest.mark.parametrize(
    ("this", "to", "factor", "expected"),
    [
        ("uvloop", None, 0.5, ClaimVerdict.HOLDS),  # at least half of what it did under this load
        ("uvloop", None, 2.0, ClaimVerdict.UNDECIDED),  # perhaps it can do twice as much
        ("uvloop", "trio", 0.5, ClaimVerdict.HOLDS),
        ("trio", "uvloop", 2.0, ClaimVerdict.CONTRADICTED),  # the other could do still more
        ("trio", "uvloop", 0.5, ClaimVerdict.UNDECIDED),
    ],
)
def test_what_a_limited_server_did_is_a_lower_bound(
    this: str, to: str | None, factor: float, expected: ClaimVerdict
) -> None:
    analysis = analysis_of("contestants without a rank")
    keys = {"workload": "echo", "this": this, "measure": "throughput"} | ({"to": to} if to else {})
    unit = "x" if to else "messages/s"
    (known,) = judge.judge_claims([a_claim(f"at least 0 {unit}", **keys)], analysis)
    assert known.value is not None
    claim = a_claim(f"at least {factor * known.value:.6f} {unit}", **keys)
    (found,) = judge.judge_claims([claim], analysis)
    assert found.verdict is expected
    assert ("the load generator limited uvloop" in found.sentence) is (
        expected is not ClaimVerdict.UNDECIDED
    )


# --- what is measured


def test_a_formula_may_name_parameters_and_the_number_of_cores() -> None:
    claim = a_claim("25 to 25 units", measure="elapsed / wait_ns * tasks * logical_cores + 5")
    assert checked(claim, *trials("asyncio", SAME)).value == 25


def test_a_formula_that_turns_a_value_round_turns_its_interval_round() -> None:
    claim = a_claim("at least 10 turns/s", measure="1000000000 / elapsed")
    found = checked(claim, *trials("asyncio", SPREAD))
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(1e9 / 60e6)


def test_a_formula_without_a_value_is_unmeasured() -> None:
    claim = a_claim("at most 1x", measure="elapsed / (tasks - 10)")
    found = checked(claim, *trials("asyncio", SAME))
    assert (found.verdict, found.value) == (ClaimVerdict.UNMEASURED, None)
    assert "has no value in this run" in found.sentence


def test_a_metric_that_is_a_ratio_already_is_taken_as_it_is() -> None:
    of = [*trials(cell("sequential"), [500 * MS] * 5), *trials("asyncio", SAME)]
    found = checked(a_claim("10 to 10x", measure="speedup"), *of)
    assert found.value == pytest.approx(10)
    assert checked(a_claim("at most 10x", measure="speedup", to="sequential"), *of).verdict is (
        ClaimVerdict.UNMEASURED
    )


def two(these: list[int], those: list[int], claim_range: str) -> JudgedClaim:
    claim = a_claim(claim_range, this="trio", to="asyncio")
    return checked(claim, *trials("trio", these), *trials("asyncio", those))


def test_a_ratio_is_formed_inside_blocks() -> None:
    drifting = [50 * MS, 60 * MS, 70 * MS, 80 * MS, 90 * MS]
    found = two([2 * value for value in drifting], drifting, "1.999 to 2.001x")
    assert found.verdict is ClaimVerdict.HOLDS
    assert found.value == pytest.approx(2)
    assert two(drifting, drifting[:0], "2 to 2x").verdict is ClaimVerdict.UNMEASURED


def test_a_ratio_of_trials_in_turns_is_formed_inside_rounds() -> None:
    def in_turns(model: str, *elapsed_ms: int) -> list[Trial]:
        samples = tuple(Sample(ms * MS, 10) for ms in elapsed_ms)
        return [trial(model, block, samples=samples, rounds=3) for block in range(5)]

    claim = a_claim("1.999 to 2.001x", this="trio", to="asyncio", measure="elapsed * tasks")
    found = checked(claim, *in_turns("trio", 100, 300, 900), *in_turns("asyncio", 50, 150, 100))
    assert (found.verdict, found.value) == (ClaimVerdict.HOLDS, pytest.approx(2))


def test_a_ratio_may_be_of_any_metric() -> None:
    busy = {"samples": (Sample(100 * MS, 10, cpu_ns=80 * MS),)}
    idle = {"samples": (Sample(100 * MS, 10, cpu_ns=20 * MS),)}
    of = [
        *(trial("trio", block, **busy) for block in range(5)),
        *(trial("asyncio", block, **idle) for block in range(5)),
    ]
    found = checked(a_claim("4 to 4.001x", this="trio", to="asyncio", measure="cores"), *of)
    assert found.value == pytest.approx(4)


def test_cells_of_two_cases_are_compared_as_groups_each_by_its_own_parameters() -> None:
    claim = a_claim(
        "at most 0.1x",
        case="tasks-100",
        to="asyncio",
        to_case="headline",
        measure="elapsed / tasks",
    )
    swept = [trial(cell("asyncio", "tasks-100"), 10 + block, 50 * MS) for block in range(5)]
    found = checked(claim, *swept, *trials("asyncio", SAME))
    assert found.value == pytest.approx(0.1)
    assert "asyncio in tasks-100 / asyncio in headline" in found.sentence


def floored(these: list[int], claim_range: str) -> JudgedClaim:
    """Hold a ratio to asyncio, whose control differs from it by up to some 3%."""
    those = [52 * MS, 51 * MS, 53 * MS, 52 * MS, 52 * MS]
    twin = structs.replace(cell("asyncio"), control=True)
    return checked(
        a_claim(claim_range, this="trio", to="asyncio"),
        *trials("trio", these),
        *trials("asyncio", those),
        *trials(twin, [52 * MS, 52 * MS, 52 * MS, 53 * MS, 51 * MS]),
    )


def test_no_ratio_nearer_to_1_than_the_noise_floor_is_called_real() -> None:
    slightly = [51_500_000, 50_500_000, 52_500_000, 51_500_000, 51_500_000]
    found = floored(slightly, "at most 1x")
    assert found.high is not None
    assert found.high < 1
    assert found.verdict is ClaimVerdict.UNDECIDED
    assert "noise floor" in found.sentence
    assert floored(slightly, "0.5 to 2x").verdict is ClaimVerdict.HOLDS
    assert floored([10 * MS] * 5, "at most 1x").verdict is ClaimVerdict.HOLDS


def test_a_formula_that_divides_by_nothing_has_no_ratio() -> None:
    claim = a_claim("at most 1x", this="trio", to="asyncio", measure="elapsed / (tasks - 10)")
    found = checked(claim, *trials("trio", SAME), *trials("asyncio", SAME))
    assert found.verdict is ClaimVerdict.UNMEASURED
    assert "has no value in this run" in found.sentence


def test_the_warnings_on_a_number_go_with_the_claim_that_rests_on_it() -> None:
    of = [
        trial(
            "asyncio",
            block,
            samples=tuple(Sample((level + block) * MS, 10) for level in (90, 92, 91, 50, 51, 49)),
        )
        for block in range(6)
    ]
    (warning,) = checked(a_claim(), *of).warnings
    assert warning.startswith("asyncio: ")


@pytest.mark.parametrize("to", ["sequential", "asyncio"])
def test_a_value_that_is_not_positive_has_no_ratio(to: str) -> None:
    claim = a_claim("at most 1x", this="trio", to=to, measure="elapsed - 60000000", label="beyond")
    of = [*trials("trio", SAME), *trials("asyncio", SAME), *trials(cell("sequential"), SAME)]
    found = checked(claim, *of)
    assert found.verdict is ClaimVerdict.UNMEASURED
    assert "not positive" in found.sentence


# --- what is not measured, and why


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"workload": "other"}, "other was not part of this run"),
        ({"case": "never"}, "demo has no case never; it has: check, headline, tasks-1, tasks-100"),
        ({"case": "tasks-100"}, "asyncio in demo tasks-100 was not part of this run"),
        ({"this": "trio"}, "trio in demo headline was not part of this run"),
        ({"this": "asyncio · threads"}, "asyncio · threads in demo headline was not part of"),
        ({"this": "nobody"}, "nobody in demo headline was not part of this run"),
        ({"this": "go"}, "go in demo headline: unavailable: no Go found"),
        ({"this": "scratch"}, "scratch in demo headline: not applicable: it is not for this"),
        ({"this": "threads"}, "threads in demo headline: every trial failed: it hurts"),
        ({"measure": "speed"}, "demo measures elapsed, speedup, cores: found `speed`, expected"),
        ({"measure": "elapsed / cores"}, "demo measures elapsed, speedup, cores: found"),
        ({"measure": "2 * tasks"}, "demo measures elapsed, speedup, cores: found"),
        ({"measure": "cores"}, "cores is in cores: found the range `40 to 60 ms`, expected that"),
        ({"measure": "speedup"}, "speedup is in x: found the range"),
        ({"measure": "cores * 1", "range": "at most 1 cores"}, "asyncio in demo headline has no"),
        (
            {"measure": "speedup", "to": "uvloop", "range": "at most 1x"},
            "speedup is compared to a baseline already",
        ),
    ],
)
def test_what_a_run_lacks_is_unmeasured_with_the_reason(keys: dict[str, str], reason: str) -> None:
    absent = (
        AbsentCell(cell("go"), Absence.UNAVAILABLE, "no Go found"),
        AbsentCell(cell("scratch"), Absence.NOT_APPLICABLE, "it is not for this"),
    )
    of = [*trials("asyncio", SAME), trial("threads", **CRASHED)]
    found = checked(a_claim(**{"range_": "40 to 60 ms", **_as_arguments(keys)}), *of, absent=absent)
    assert (found.verdict, found.value, found.is_measured) == (ClaimVerdict.UNMEASURED, None, False)
    assert found.sentence.startswith(reason)
    assert found.sentence.endswith(".")


def _as_arguments(keys: dict[str, str]) -> dict[str, str]:
    return {"range_" if key == "range" else key: value for key, value in keys.items()}


def test_a_cell_whose_turn_has_not_come_is_unmeasured() -> None:
    (found,) = judge.judge_claims([a_claim()], analyse(run([cell("asyncio")]), []))
    assert found.sentence == "asyncio in demo headline was not measured yet."


def test_what_waits_for_a_workload_says_which() -> None:
    results = judge.judge_claims(ledger.parse(LEDGER, "own.toml"), analysed(trial()))
    assert results[2].verdict is ClaimVerdict.UNMEASURED
    assert results[2].sentence == "No workload measures it yet; planned: behaviour."
    assert (results[2].range, results[2].unit) == (None, "")


# --- in words, and for programs


@pytest.mark.parametrize(
    ("claim_range", "values", "sentence"),
    [
        (
            "40 to 60 ms",
            SAME,
            "asyncio, elapsed time: 50.0 ms [50.0, 50.0], inside the claimed range (40 to 60 ms).",
        ),
        (
            "at least 1 s",
            SAME,
            "asyncio, elapsed time: 50.0 ms [50.0, 50.0], below the claimed range (at least 1 s)"
            " by a factor of at least 20.",
        ),
        (
            "at most 20 ms",  # the estimate is three times that, the nearer end of the interval 2.5
            SPREAD,
            "asyncio, elapsed time: 60.0 ms [50.0, 70.0], above the claimed range (at most 20 ms)"
            " by a factor of at least 2.5.",
        ),
        (
            "at most 45 ms",
            SAME,
            "asyncio, elapsed time: 50.0 ms [50.0, 50.0], above the claimed range (at most 45 ms).",
        ),
        (
            "at most 55 ms",
            SPREAD,
            "asyncio, elapsed time: 60.0 ms [50.0, 70.0], and the interval crosses an end of the"
            " claimed range (at most 55 ms).",
        ),
        (
            "at most 55 ms",
            SAME[:1],
            "asyncio, elapsed time: 50.0 ms, from too few processes to compare with the"
            " claimed range (at most 55 ms).",
        ),
    ],
)
def test_the_sentence_says_no_more_than_the_interval(
    claim_range: str, values: list[int], sentence: str
) -> None:
    assert checked(a_claim(claim_range), *trials("asyncio", values)).sentence == sentence


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((1_090.0, 1_080.0, 1_110.0), "1.09 µs [1.08, 1.11]"),
        ((1_000.0, 950.0, 1_100.0), "1.00 µs [950 ns, 1.10 µs]"),
        ((1_000.0, None, None), "1.00 µs"),
        ((None, None, None), ""),
    ],
)
def test_a_value_is_shown_with_its_interval_and_the_unit_once(
    values: tuple[float | None, ...], expected: str
) -> None:
    value, low, high = values
    found = JudgedClaim(a_claim("1 to 10 µs"), ClaimVerdict.HOLDS, "", value, low, high)
    assert judgement.format_measured(found) == expected


def of(*verdicts: ClaimVerdict) -> list[JudgedClaim]:
    return [JudgedClaim(a_claim(), verdict, "") for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "This run measures none of 0 claims"),
        (["unmeasured"], "This run measures none of 1 claim"),
        (["holds", "unmeasured"], "Of 1 measured claim, 1 holds"),
        (
            ["holds", "holds", "contradicted", "undecided", "undecided"],
            "Of 5 measured claims, 2 hold, 1 is contradicted and 2 are undecided",
        ),
    ],
)
def test_the_summary_counts_every_verdict(verdicts: list[str], expected: str) -> None:
    assert judgement.summary_sentence(of(*map(ClaimVerdict, verdicts))) == expected


def test_for_programs_values_are_in_base_units_and_unknown_is_null() -> None:
    analysis = analysed(*trials("asyncio", SAME), trial("trio", status=Status.TIMEOUT))
    results = judge.judge_claims(ledger.parse(LEDGER, "own.toml"), analysis)
    document = msgspec.json.decode(msgspec.json.encode(judgement.json_document(analysis, results)))
    assert document["counts"] == {"holds": 1, "contradicted": 0, "undecided": 0, "unmeasured": 2}
    quick, _, later = document["claims"]
    assert (quick["value"], quick["low"], quick["high"], quick["n"]) == (5e7, 5e7, 5e7, 5)
    assert quick["range"] == {"low": 4e7, "high": 6e7, "text": "40 to 60 ms"}
    assert quick["sources"][1] == {"document": "A document", "section": "Another"}
    assert (later["value"], later["range"], later["waits_for"]) == (None, None, "behaviour")
