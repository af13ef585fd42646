"""Groups of variants: like is compared with like, in titles, findings and advice."""

from __future__ import annotations

from harness.analysis.advice import advice
from harness.analysis.findings import finding, title
from harness.analysis.run_results import Analysis
from tests.support.factories import GROUPS, WORKLOAD, analysed, cell, trials

MS = 1_000_000
CELLS = {
    ("threads", ""): 100 * MS,
    ("asyncio", ""): 50 * MS,
    ("threads", "pinned"): 40 * MS,
    ("threads", "locks"): 10 * MS,  # the fastest, but in another group
    ("asyncio", "hacks"): 5 * MS,  # in no group
}


def measured(text: str = WORKLOAD + GROUPS) -> Analysis:
    return analysed(
        *(
            one
            for (model, variant), elapsed_ns in CELLS.items()
            for one in trials(cell(model, variant=variant), [elapsed_ns + i for i in range(6)])
        ),
        text=text,
    )


def test_a_title_names_the_leader_of_the_first_group_and_the_group() -> None:
    it = title(measured().workloads["demo"]).text
    assert it == "Demo, idiomatic: asyncio led; better still: threads · pinned"
    ungrouped = title(measured(WORKLOAD).workloads["demo"]).text
    assert "asyncio led; better still: asyncio · hacks" in ungrouped


def test_a_group_that_is_alone_is_not_named() -> None:
    alone = analysed(*trials("threads", [100 * MS] * 6), text=WORKLOAD + GROUPS).workloads["demo"]
    assert (title(alone).text, finding(alone)) == ("Demo: threads led", "threads led (100 ms)")


def test_a_finding_names_the_leader_of_each_group() -> None:
    clauses = finding(measured().workloads["demo"]).split("; ")
    assert clauses[:4] == [
        "idiomatic: asyncio led (50.0 ms)",
        "better still: threads · pinned",
        "floor: threads · locks led (10.0 ms)",
        "other variants: asyncio · hacks led (5.00 ms)",
    ]


def test_advice_chooses_from_the_first_group() -> None:
    (row,) = advice(measured())
    assert row.aspects[0].choices[0].text == "asyncio; better still: threads · pinned"


def test_a_model_for_teaching_is_never_advised() -> None:
    """W11: `scratch` is small, not fit for real work; it is measured, and not advised."""
    text = WORKLOAD.replace('scratch = "it is not for this"\n', "")
    fastest = trials(cell("scratch"), [1 * MS + i for i in range(6)])
    others = [*trials("asyncio", [50 * MS] * 6), *trials("threads", [90 * MS] * 6)]
    analysis = analysed(*fastest, *others, text=text)
    assert title(analysis.workloads["demo"]).text.endswith("scratch led")
    (row,) = advice(analysis)
    assert row.aspects[0].choices[0].names == ("asyncio",)
    assert advice(analysed(*fastest, text=text)) == []
