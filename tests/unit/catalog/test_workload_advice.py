"""What a workload file says for people: advice, missed events, names of cases."""

from __future__ import annotations

import pytest

from harness.catalog.parts import AdviceTexts, LateLimit, PlaceChoice
from harness.errors import Problem
from tests.support.factories import WORKLOAD, workload

ADVICE = """
[advice]
work = "many waits at once"
judged_by = "time"

[[advice.places]]
judged_by = "few at once"
options = { tasks-1 = "one task", headline = "ten tasks" }

[[advice.places]]
judged_by = "many at once"
options = { tasks-100 = "a hundred tasks", tasks-1000 = "a thousand tasks" }

[late]
limit_ns = 10_000_000
event = "a tick"
"""
LABELLED = """\
[cases.headline]
label = "ten waits"
group = "with work on the loop"
disturbance_ns = 200_000_000
"""


def test_a_file_without_these_keys_has_none_of_them() -> None:
    demo = workload()
    assert (demo.advice, demo.late) == (None, None)
    case = demo.cases["headline"]
    assert (case.label, case.group, case.disturbance_ns) == ("", "", 0)


def test_advice_has_the_work_and_the_options_in_the_order_of_the_file() -> None:
    assert workload(WORKLOAD + ADVICE).advice == AdviceTexts(
        work="many waits at once",
        judged_by="time",
        places=(
            PlaceChoice("few at once", {"tasks-1": "one task", "headline": "ten tasks"}),
            PlaceChoice(
                "many at once", {"tasks-100": "a hundred tasks", "tasks-1000": "a thousand tasks"}
            ),
        ),
    )


def test_advice_needs_no_options() -> None:
    text = '\n[advice]\nwork = "waiting"\njudged_by = "time"\n'
    assert workload(WORKLOAD + text).advice == AdviceTexts("waiting", "time")


def test_late_is_a_limit_and_an_event() -> None:
    assert workload(WORKLOAD + ADVICE).late == LateLimit(10_000_000, "a tick")


def test_a_case_has_a_label_a_group_and_the_length_of_its_disturbance() -> None:
    demo = workload(WORKLOAD.replace("[cases.headline]\n", LABELLED))
    headline, check = demo.cases["headline"], demo.cases["check"]
    assert headline.label == "ten waits"
    assert headline.group == "with work on the loop"
    assert headline.disturbance_ns == 200_000_000
    assert (check.label, check.group, check.disturbance_ns) == ("", "", 0)


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        (
            'work = "many waits at once"\n',
            "",
            "advice.work: found nothing, expected a text",
        ),
        (
            'judged_by = "time"\n',
            'judged_by = ""\n',
            'advice.judged_by: found "", expected a text',
        ),
        (
            'judged_by = "time"\n',
            'judged_by = "time"\nplace = "here"\n',
            "advice.place: unknown key, expected 'places'",
        ),
        (
            "headline = ",
            "tasks-10 = ",
            'advice.places[0].options: found "tasks-10", expected one of the cases: check,'
            " headline, tasks-1, tasks-100, tasks-1000",
        ),
        (
            "tasks-1000 = ",
            "sometimes = ",
            'advice.places[1].options: found "sometimes", expected one of the cases: check,',
        ),
        (
            '"ten tasks"',
            "10",
            "advice.places[0].options.headline: found 10, expected a text",
        ),
        (
            'judged_by = "many at once"\n',
            "",
            "advice.places[1].judged_by: found nothing, expected a text",
        ),
        (
            'judged_by = "many at once"\n',
            'judged_by = "many at once"\ncase = "check"\n',
            "advice.places[1].case: unknown key, expected one of judged_by, options",
        ),
        (
            "limit_ns = 10_000_000\n",
            "",
            "late.limit_ns: found nothing, expected an integer of at least 1",
        ),
        (
            "limit_ns = 10_000_000\n",
            "limit_ns = 0\n",
            "late.limit_ns: found 0, expected an integer of at least 1",
        ),
        ('event = "a tick"\n', "", "late.event: found nothing, expected a text"),
        (
            'event = "a tick"\n',
            'event = "a tick"\nlimit_ms = 10\n',
            "late.limit_ms: unknown key, expected 'limit_ns'",
        ),
        ("[late]", "[later]", "later: unknown key, expected 'late'"),
        (
            "disturbance_ns = 200_000_000\n",
            "disturbance_ns = -1\n",
            "cases.headline.disturbance_ns: found -1, expected an integer of at least 0",
        ),
        (
            "disturbance_ns = 200_000_000\n",
            "disturbance_ms = 200\n",
            "cases.headline.disturbance_ms: unknown key, expected 'disturbance_ns'",
        ),
        (
            'label = "ten waits"\n',
            "label = 10\n",
            "cases.headline.label: found 10, expected a text",
        ),
        (
            'label = "ten waits"\n',
            'lable = "ten waits"\n',
            "cases.headline.lable: unknown key, expected 'label'",
        ),
        (
            'group = "with work on the loop"\n',
            "group = true\n",
            "cases.headline.group: found true, expected a text",
        ),
    ],
)
def test_a_mistake_is_refused_with_its_key(good: str, bad: str, message: str) -> None:
    text = WORKLOAD.replace("[cases.headline]\n", LABELLED) + ADVICE
    assert text.count(good) == 1
    with pytest.raises(Problem) as caught:
        workload(text.replace(good, bad))
    assert str(caught.value).startswith(f"demo.toml: {message}")
